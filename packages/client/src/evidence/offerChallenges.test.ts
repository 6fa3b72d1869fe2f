import { type ErrorCode, KeyquorumError, type RequestId } from "@keyquorum/wire";
import { expect } from "chai";
import type { KeeperFailure } from "../types.ts";
import type { ChallengeCost } from "./challenge.ts";
import { offerChallenges } from "./offerChallenges.ts";

const requestId = `0x${"4e".repeat(32)}` as RequestId;
const evidenceOf = (slot: number) => ({ format: "keyquorum-posted-fault", requestId, slot }) as const;
const failure = (slot: number): KeeperFailure => ({
  slot,
  name: `Keeper ${slot}`,
  code: "INVALID_PROOF",
  reason: "It is wrong.",
  evidence: evidenceOf(slot),
});
const costOf = (slot: number): ChallengeCost => ({ requestId, slot, reason: "WRONG_CHALLENGE", gas: 115_000n, wei: 230_000n });
const throwing = (code: ErrorCode) => async (): Promise<never> => {
  throw new KeyquorumError(code);
};
const terms = { deadline: 1_000n, window: async () => 60n, estimate: async ({ slot }: { readonly slot: number }) => costOf(slot) };

describe("offerChallenges: what a reader can do about answers that it rejected", () => {
  it("names keeper, evidence, cost and the end of the window", async () => {
    expect(await offerChallenges([failure(3)], terms)).to.deep.equal([
      { slot: 3, name: "Keeper 3", evidence: evidenceOf(3), gas: 115_000n, wei: 230_000n, until: 1_060n },
    ]);
  });
  it("asks the chain nothing where nothing convicts", async () => {
    const { evidence: _, ...harmless } = failure(3);
    expect(await offerChallenges([harmless], { ...terms, window: throwing("INTERNAL"), estimate: throwing("INTERNAL") })).to.deep.equal([]);
  });
  it("does not offer what the contract would refuse: somebody else challenged it already", async () => {
    const estimate = async ({ slot }: { readonly slot: number }) => (slot === 3 ? throwing("CALL_REFUSED")() : costOf(slot));
    expect((await offerChallenges([failure(3), failure(4)], { ...terms, estimate })).map(({ slot }) => slot)).to.deep.equal([4]);
  });
  it("offers it without figures while the chain cannot be asked", async () => {
    const silent = { ...terms, window: throwing("CHAIN_UNAVAILABLE"), estimate: throwing("CHAIN_UNAVAILABLE") };
    expect(await offerChallenges([failure(3)], silent)).to.deep.equal([{ slot: 3, name: "Keeper 3", evidence: evidenceOf(3) }]);
  });
});
