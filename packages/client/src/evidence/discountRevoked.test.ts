import { G } from "@keyquorum/threshold";
import { KeyquorumError, type ReceiptFile } from "@keyquorum/wire";
import { expect } from "chai";
import { discountRevoked, type RevokedAt } from "./discountRevoked.ts";
import type { NamedBlock, VerifiedReceipt, VerifiedReceipts } from "./verifiedReceipts.ts";

const hash = `0x${"b1".repeat(32)}` as NamedBlock["hash"];
const REVOKED_AT = 1_000;
const SLOTS = [1, 2, 4];
const file = {
  kind: "http",
  committee: SLOTS.map((slot) => ({ slot, identityKey: G.multiply(BigInt(slot)) })),
} as unknown as ReceiptFile; // of the file, only these are used
/** Slot 4's identity key was stolen. */
const revokedAt: RevokedAt = async (key) => (key.equals(G.multiply(4n)) ? REVOKED_AT : 0);

const receipt = (slot: number, headBlock: NamedBlock): VerifiedReceipt =>
  ({ slot, headBlock, finalizedBlock: { hash } }) as unknown as VerifiedReceipt;
const verified = (keepers: readonly VerifiedReceipt[]): VerifiedReceipts => ({ keepers, discounted: [] }) as unknown as VerifiedReceipts;
const at = (time: number): NamedBlock => ({ hash, number: 7, time });
const judge = async (keepers: readonly VerifiedReceipt[]) => {
  const { keepers: counting, discounted } = await discountRevoked(verified(keepers), file, revokedAt);
  return {
    counting: counting.map(({ slot }) => slot),
    discounted: discounted.map(({ slot, code, revokedAt: when }) => [slot, code, when]),
  };
};

describe("receipts of an identity key that was revoked as stolen", () => {
  it("count where their head is on the chain and older than the revocation", async () => {
    expect(await judge([receipt(1, at(2_000)), receipt(4, at(REVOKED_AT - 1))])).to.deep.equal({ counting: [1, 4], discounted: [] });
  });
  for (const { what, block } of [
    { what: "of the block of the revocation", block: at(REVOKED_AT) },
    { what: "later", block: at(REVOKED_AT + 1) },
    { what: "gone from the chain", block: { hash } },
  ])
    it(`are named, and count for nothing, where it is ${what}`, async () => {
      expect(await judge([receipt(1, block), receipt(2, block), receipt(4, block)])).to.deep.equal({
        counting: [1, 2],
        discounted: [[4, "IDENTITY_REVOKED", REVOKED_AT]],
      });
    });
  it("are no retrieval where there are no others", async () => {
    const error = await discountRevoked(verified([receipt(4, at(REVOKED_AT))]), file, revokedAt).catch((caught: unknown) => caught);
    expect(error instanceof KeyquorumError && [error.code, error.details]).to.deep.equal(["IDENTITY_REVOKED", { slots: ["4"] }]);
  });
  it("are none of answers on chain: contracts took these", async () => {
    const onChain = { ...file, kind: "chain" } as ReceiptFile;
    expect((await discountRevoked(verified([receipt(4, at(REVOKED_AT))]), onChain, revokedAt)).keepers).to.have.length(1);
  });
});
