import type { Point } from "@keyquorum/threshold";
import { KeyquorumError, type ReceiptFile } from "@keyquorum/wire";
import type { VerifiedReceipt, VerifiedReceipts } from "./verifiedReceipts.ts";

/** When an identity key was revoked as stolen, in seconds of block time; 0: it was not. */
export type RevokedAt = (identityKey: Point) => Promise<number>;

/**
 * Sets receipts aside whose identity key was revoked as stolen, unless their head block is on this chain and older than the revocation: later ones
 * may be the thief's. `keepers` must have their blocks looked up. PROTOCOL section 5.4.
 *
 * Throws IDENTITY_REVOKED where none is left.
 */
export const discountRevoked = async (verified: VerifiedReceipts, file: ReceiptFile, revokedAt: RevokedAt): Promise<VerifiedReceipts> => {
  if (file.kind === "chain") return verified; // a contract took these answers from the operator's account: nobody signed a receipt
  const judged = await Promise.all(
    verified.keepers.map(async (keeper) => {
      const member = file.committee.find(({ slot }) => slot === keeper.slot);
      const at = member === undefined ? 0 : await revokedAt(member.identityKey);
      return { keeper, at, counts: at === 0 || isOlder(keeper, at) };
    }),
  );
  const keepers = judged.flatMap(({ keeper, counts }) => (counts ? [keeper] : []));
  const discounted = judged.flatMap(({ keeper, at, counts }) =>
    counts ? [] : [{ ...keeper, code: "IDENTITY_REVOKED" as const, revokedAt: at }],
  );
  if (keepers.length === 0 && discounted.length > 0)
    throw new KeyquorumError("IDENTITY_REVOKED", undefined, { details: { slots: discounted.map(({ slot }) => String(slot)) } });
  return { ...verified, keepers, discounted };
};

/** A head that a reorganisation removed has no time, and is older than nothing. */
const isOlder = (keeper: VerifiedReceipt, revokedAt: number): boolean =>
  "headBlock" in keeper && keeper.headBlock.time !== undefined && keeper.headBlock.time < revokedAt;
