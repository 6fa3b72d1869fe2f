import { ChainUnavailableError } from "@keyquorum/chain";
import { pointFromXY } from "@keyquorum/threshold";
import { parseHash32 } from "@keyquorum/wire";
import { expect } from "chai";
import { AbiCoder, makeError } from "ethers";
import { refuseBadAnswers } from "./badAnswers.ts";

describe("answers that no contract of ours gives", () => {
  const failureOf = async (ask: () => unknown): Promise<unknown> =>
    refuseBadAnswers({ keyOf: async () => ask() })
      .keyOf()
      .then(
        () => "no failure",
        (error: unknown) => (error instanceof ChainUnavailableError ? error.reason : error),
      );

  for (const [what, ask] of [
    ["no bytes, as where there is no contract", () => AbiCoder.defaultAbiCoder().decode(["uint256"], "0x")],
    ["bytes that are cut off", () => AbiCoder.defaultAbiCoder().decode(["bytes"], `0x${"20".padStart(64, "0")}`)],
    ["a point off the curve", () => pointFromXY(1n, 1n)],
    ["a hash that is none", () => parseHash32("0x12")],
  ] as const)
    it(`are the node's fault: ${what}`, async () => {
      expect(await failureOf(ask)).to.equal("BAD_RESPONSE");
    });

  it("leaves what a contract reverts with, and our own mistakes, as they are", async () => {
    const reverted = makeError("execution reverted", "CALL_EXCEPTION", {
      ...{ action: "call" as const, data: "0x", reason: null, invocation: null, revert: null },
      transaction: { to: null, data: "0x" },
    });
    for (const error of [reverted, new TypeError("not a function")])
      expect(
        await failureOf(() => {
          throw error;
        }),
      ).to.equal(error);
  });

  it("passes arguments and answers", async () => {
    expect(await refuseBadAnswers({ sum: async (a: number, b: number) => a + b }).sum(2, 3)).to.equal(5);
  });
});
