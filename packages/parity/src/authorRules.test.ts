import type { ServerKeyProposal } from "@keyquorum/protocol";
import { type Address, KeyquorumError } from "@keyquorum/wire";
import { expect } from "chai";
import { mayGenerateBy } from "./authorRules.ts";

const AUTHOR = `0x${"a1".repeat(20)}` as Address;

describe("a keeper's own rules about server keys", () => {
  const codeOf = async (threshold: number, rules: Partial<Parameters<typeof mayGenerateBy>[0]>): Promise<string> => {
    const proposal = { author: AUTHOR, threshold } as ServerKeyProposal; // safe: the rules look at nothing else
    const error = await mayGenerateBy({ zeroThreshold: true, leastThreshold: 0, ...rules })(proposal).catch((reason: unknown) => reason);
    return error instanceof KeyquorumError ? error.code : "taken";
  };

  it("take no threshold below the least, whoever proposes it", async () => {
    expect([await codeOf(0, {}), await codeOf(2, { leastThreshold: 2 })]).to.deep.equal(["taken", "taken"]);
    expect([await codeOf(1, { leastThreshold: 2 }), await codeOf(0, { zeroThreshold: false })]).to.deep.equal([
      "ACCESS_DENIED",
      "ACCESS_DENIED",
    ]);
  });
});
