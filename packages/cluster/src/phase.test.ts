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
      head += Number(count);
    },
  } as unknown as Parameters<typeof mineRestOf>[0];
  /** Mining takes as long as so many blocks that the chain makes by itself. */
  const BY_ITSELF = 10;
  const slow = {
    ...chain,
    send: async (method: string, params: readonly unknown[]) => {
      await chain.send(method, params);
      head += BY_ITSELF;
    },
  };
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
    expect(mined, "three blocks came by themselves").to.equal(DISPUTE_END - 5 - 3);
  });

  it("is mined in parts: blocks that come by themselves meanwhile count, so that no window is mined beyond its end", async () => {
    head = DISPUTE_END + 2;
    const phase = await phaseOf(chain, sessions, "0x01");
    expect(phase).to.deep.include({ status: AWAITING_READY, end: READY_END });
    await mineRestOf(slow, phase);
    expect(head).to.be.within(READY_END, READY_END + BY_ITSELF);
    expect(mined).to.be.below(READY_END - DISPUTE_END - BY_ITSELF);
  });

  it("is nothing when blocks that come meanwhile end it: no block of the next phase is mined", async () => {
    head = DISPUTE_END;
    const phase = await phaseOf(chain, sessions, "0x01");
    expect(phase, "of one block").to.deep.equal({ status: DISPUTING, end: DISPUTE_END, block: DISPUTE_END });
    await mineRestOf(chain, phase);
    expect(mined).to.equal(0);
  });

  it("is that of the phase before the newest block: a node that makes a block just then answers about its head as of the next one", async () => {
    head = DISPUTE_END;
    const late =
      (question: Sessions["statusOf"]): Sessions["statusOf"] =>
      (sid, { blockTag }) =>
        question(sid, { blockTag: blockTag === DISPUTE_END ? blockTag + 1 : blockTag });
    const phase = await phaseOf(chain, { statusOf: sessions.statusOf, phaseEndOf: late(sessions.phaseEndOf) }, "0x01");
    expect(phase).to.deep.equal({ status: DISPUTING, end: DISPUTE_END, block: DISPUTE_END });
    head = DISPUTE_END;
    const next = await phaseOf(chain, { statusOf: late(sessions.statusOf), phaseEndOf: sessions.phaseEndOf }, "0x01");
    await mineRestOf(chain, next);
    expect(mined).to.equal(0);
  });
});
