import { expect } from "chai";
import { mineRestOf, phaseOf, type Sessions } from "./phase.ts";

const [DISPUTING, AWAITING_READY] = [2, 3];
/** DISPUTE ends with block 20, READY with block 100. */
const [DISPUTE_END, READY_END] = [20, 100];

describe("the rest of a session's phase", () => {
  let head: number;
  let mined: number;
  const chain = {
    provider: { getBlockNumber: async () => head },
    send: async (_method: string, [count]: readonly unknown[]) => {
      mined += Number(count);
    },
  } as unknown as Parameters<typeof mineRestOf>[0];
  /** A block comes with every question. */
  const answer = async <T>(of: (block: number) => T, { blockTag = head }: { readonly blockTag?: number } = {}): Promise<T> => {
    head += 1;
    return of(blockTag);
  };
  const sessions: Sessions = {
    statusOf: (_sid, at) => answer((block) => BigInt(block <= DISPUTE_END ? DISPUTING : AWAITING_READY), at),
    phaseEndOf: (_sid, at) => answer((block) => BigInt(block <= DISPUTE_END ? DISPUTE_END : READY_END), at),
  };
  beforeEach(() => {
    mined = 0;
  });

  it("is mined at once", async () => {
    head = 5;
    const phase = await phaseOf(chain, sessions, "0x01");
    expect(phase).to.deep.equal({ status: DISPUTING, end: DISPUTE_END, block: 5 });
    await mineRestOf(chain, phase);
    expect(mined, "two blocks came by themselves").to.equal(DISPUTE_END - 5 - 2);
  });

  it("is nothing when blocks that come meanwhile end it: no block of the next phase is mined", async () => {
    head = DISPUTE_END;
    const phase = await phaseOf(chain, sessions, "0x01");
    expect(phase, "of one block").to.deep.equal({ status: DISPUTING, end: DISPUTE_END, block: DISPUTE_END });
    await mineRestOf(chain, phase);
    expect(mined).to.equal(0);
  });
});
