import { ChainUnavailableError } from "@keyquorum/chain";
import { expect } from "chai";
import { silentLogger } from "../report/logger.ts";
import type { MayResend } from "../run/story.ts";
import { guardedResend } from "./extensionStory.ts";

const SIGNED = { id: "x/pay:1", to: `0x${"11".repeat(20)}`, data: "0x" };

describe("an extension's decision about a transaction", () => {
  let now: number;
  const sleep = () => new Promise<void>((resolve) => setImmediate(resolve));
  const decide = (pay: MayResend) => {
    now = 0;
    const decided = guardedResend({ name: "x", log: silentLogger }, { now: () => now, sleep }, pay);
    return async (at: number): Promise<string> => {
      now = at;
      return decided("1", SIGNED);
    };
  };

  for (const [name, undecided] of [
    ["says later", async () => "later" as const],
    ["does not end", () => new Promise<never>(() => undefined)],
    ["fails", () => Promise.reject(new Error("mine"))],
  ] as const)
    it(`is given up after ten minutes where it ${name}: nothing waits behind it forever`, async () => {
      const at = decide(undecided);
      expect([await at(0), await at(599_999), await at(600_000)]).to.deep.equal(["later", "later", "no"]);
    });

  it("waits for a chain that cannot be asked, however long", async () => {
    const at = decide(() => Promise.reject(new ChainUnavailableError("TIMEOUT", "out")));
    expect([await at(0), await at(600_000), await at(6_000_000)]).to.deep.equal(["later", "later", "later"]);
  });
});
