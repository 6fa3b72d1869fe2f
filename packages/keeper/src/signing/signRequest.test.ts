import { KeyquorumError, parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { createSignRequest } from "./signRequest.ts";

const REQUEST = parseHash32(`0x${"11".repeat(32)}`);
const BLOCK = { number: 20, hash: parseHash32(`0x${"22".repeat(32)}`) };
const WORK = { requestId: REQUEST, blockNumber: 10, blockHash: BLOCK.hash };

/** A keeper that is the only member, with a request that is final and pending. */
const signRequestWith = (authorise: () => Promise<unknown>) => {
  const asked = { authorise: 0, coordinate: 0, post: 0 };
  const options = {
    mirrored: { find: async () => ({ requestId: REQUEST }) },
    contract: { at: () => ({ statusOf: async () => "Pending" }) },
    parties: { activeEpochOf: async () => 1, contextOf: async () => ({ slot: 1, members: [1] }) },
    transactions: { isBusy: () => false },
    log: { info: () => undefined, warn: () => undefined },
    authorise: () => {
      asked.authorise += 1;
      return authorise();
    },
    coordinate: async () => {
      asked.coordinate += 1;
      return { posted: new Uint8Array(128) };
    },
    post: async () => {
      asked.post += 1;
    },
    stagingBlocks: 2,
  };
  const handler = createSignRequest(options as unknown as Parameters<typeof createSignRequest>[0]); // of all that it takes, what it uses here
  const run = () => handler(WORK, { head: BLOCK, final: BLOCK } as unknown as Parameters<typeof handler>[1]);
  return { run, asked };
};

describe("The work for a signing request", () => {
  it("asks this keeper's own authoriser, coordinates and posts", async () => {
    const { run, asked } = signRequestWith(async () => undefined);
    await run();
    expect(asked).to.deep.equal({ authorise: 1, coordinate: 1, post: 1 });
  });

  it("posts again what was made, and makes nothing twice", async () => {
    const { run, asked } = signRequestWith(async () => undefined);
    await run();
    await run();
    expect(asked).to.deep.equal({ authorise: 1, coordinate: 1, post: 2 });
  });

  it("asks no other keeper about what this one denies, and asks itself less and less often, every ten minutes in the end", async () => {
    const { run, asked } = signRequestWith(() => Promise.reject(new KeyquorumError("SIGNING_DENIED")));
    const waits: unknown[] = [];
    for (let round = 0; round < 12; round += 1) waits.push(await run());
    expect(asked).to.deep.equal({ authorise: 12, coordinate: 0, post: 0 });
    expect(waits.at(0)).to.deep.equal({ kind: "wait", milliseconds: 2_000 });
    expect(waits.at(-1)).to.deep.equal({ kind: "wait", milliseconds: 600_000 });
  });
});
