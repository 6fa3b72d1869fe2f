import { backend } from "../backend.ts";
import { assertArray, assertRecord } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { G, type Point } from "../point.ts";
import { assertWord, isProofScalar, negateScalar, reduceScalar } from "../scalar.ts";
import { assertDistinctSlots } from "../slot.ts";
import type { FrostAttempt } from "./package.ts";
import { verifySignatureShare } from "./share.ts";
import { EVM_SUITE, type FrostSuite } from "./suite.ts";

/** One signer's z_i with what it is checked against, S_i, which must be authentic. */
export type SignatureShare = { readonly slot: number; readonly z: bigint; readonly verifyingShare: Point };

/** `offset` is that of S'. */
export type SharesToCombine = { readonly attempt: FrostAttempt; readonly offset: bigint; readonly shares: readonly SignatureShare[] };

/**
 * "signature": verified under S'. `commitment` is R: ours writes (c, z), RFC 9591 (R, z). "wrong": whose shares are, one at least. "void": z = 0, which
 * accuses nobody.
 */
export type CombinedShares =
  | { readonly kind: "signature"; readonly c: bigint; readonly z: bigint; readonly commitment: Point }
  | { readonly kind: "wrong"; readonly slots: readonly number[] }
  | { readonly kind: "void" };

/**
 * z = sum z_i over exactly the signers of the attempt. A signature is verified before it is given to anybody; where it does not verify, every share is
 * checked and the wrong ones are named. Throws INVALID_MEMBERS for shares of other signers, VERIFYING_SHARES_MISMATCH where all shares are right and
 * the signature is not (the S_i are not of this key), INVALID_SCALAR, INVALID_POINT. PROTOCOL section 10.1.
 */
export function combineSignatureShares({ attempt, offset, shares }: SharesToCombine, suite: FrostSuite = EVM_SUITE): CombinedShares {
  assertSignersOf(attempt, shares);
  const { publicKey, message, commitment, challenge: c } = attempt;
  const z = shares.reduce((sum, share) => {
    assertWord(share.z, "z");
    return reduceScalar(sum + share.z);
  }, 0n);
  const wrong = (): readonly number[] =>
    shares.flatMap((share) => (verifySignatureShare({ attempt, offset, ...share }, share.z) ? [] : [share.slot]));
  if (z === 0n) {
    const slots = wrong();
    return slots.length > 0 ? { kind: "wrong", slots } : { kind: "void" };
  }
  if (isSignature({ publicKey, message }, { c, z, commitment }, suite) && shares.every((share) => isProofScalar(share.z, "z")))
    return { kind: "signature", c, z, commitment };
  const slots = wrong();
  if (slots.length > 0) return { kind: "wrong", slots };
  throw new ThresholdError("VERIFYING_SHARES_MISMATCH", "The verifying shares are not of this key and epoch; check their Merkle paths.", {
    details: { slots: attempt.slots },
  });
}

/** zG - cS' = R, and c is that of R: as a verifier sees it, from nothing but the signature. */
function isSignature(
  { publicKey, message }: Pick<FrostAttempt, "publicKey" | "message">,
  { c, z, commitment }: { readonly c: bigint; readonly z: bigint; readonly commitment: Point },
  suite: FrostSuite,
): boolean {
  const [found] = backend.normalize([backend.msmVar([G, publicKey], [z, negateScalar(c)])]) as [Point]; // one in, one out
  return !found.is0() && found.equals(commitment) && suite.challenge(publicKey, message, found) === c;
}

function assertSignersOf({ slots }: FrostAttempt, shares: readonly SignatureShare[]): void {
  assertArray(shares, "shares");
  for (const share of shares) assertRecord(share, "share");
  const senders = shares.map(({ slot }) => slot);
  assertDistinctSlots(senders);
  if (senders.length === slots.length && senders.every((slot) => slots.includes(slot))) return;
  throw new ThresholdError("INVALID_MEMBERS", "A signature takes one share of every signer of the attempt.", {
    details: { slots, senders },
  });
}
