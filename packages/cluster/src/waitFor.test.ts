import { expect } from "chai";
import { waitFor } from "./waitFor.ts";

/** A chain that makes a block at every look. */
const chain = () => {
  let head = 100;
  return { provider: { getBlockNumber: async () => head++ } } as unknown as Parameters<typeof waitFor>[2]["chain"];
};
const messageOf = (promise: Promise<unknown>): Promise<string> => promise.then(String, (error: Error) => error.message);

describe("waitFor", () => {
  it("gives the first answer that is one", async () => {
    let asked = 0;
    expect(await waitFor("it is there", async () => ++asked === 3 && "there", { chain: chain() })).to.equal("there");
    expect(asked).to.equal(3);
  });

  it("asks once for a block, and four times a second where there is none", async () => {
    let looks = 0;
    const heads = [1, 1, 1, 2, 2, 3];
    const slow = { provider: { getBlockNumber: async () => heads[looks++] ?? 3 } } as unknown as Parameters<typeof waitFor>[2]["chain"];
    const asked: { readonly head: number; readonly at: number }[] = [];
    const ask = async () => asked.push({ head: heads[looks - 1] ?? 3, at: performance.now() }) === 6;
    await waitFor("it was asked six times", ask, { chain: slow });
    for (const [index, { head, at }] of asked.entries()) {
      const before = asked[index - 1];
      if (before?.head === head) expect(at - before.at, "of one block, no sooner").to.be.at.least(240);
    }
    expect(asked.at(-1)?.head).to.equal(3);
  });

  it("gives up after so many blocks, and says what it waited for and what was seen last", async () => {
    const statuses = ["dealing", "disputing", "failed"];
    const ask = async (saw: (what: unknown) => undefined): Promise<undefined> => {
      saw({ status: statuses.length > 1 ? statuses.shift() : statuses[0], votes: 3n });
    };
    const message = await messageOf(waitFor("the reshare is active", ask, { chain: chain(), blocks: 4 }));
    expect(message).to.match(/^Timed out after 5 blocks \(\d+ s\) waiting until the reshare is active; last seen: /);
    expect(message).to.include('{"status":"failed","votes":"3"}');
  });

  it("throws what the question throws, at once", async () => {
    const ask = () => Promise.reject(new Error("the process ended"));
    expect(await messageOf(waitFor("anything", ask, { chain: chain() }))).to.equal("the process ended");
  });
});
