import { backend } from "../backend.ts";
import { type DealingToVerify, type DrawnKey, dealPolynomial, drawKey, verifyPossessions } from "../dkg/deal.ts";
import { assertSid } from "../dkg/dealing.ts";
import { assertMembers, type DkgMember } from "../dkg/member.ts";
import { reshareMessage } from "../dkg/transcript.ts";
import { assertPoint } from "../point.ts";
import { type RandomSource, secureRandom } from "../random.ts";
import { revealNonZero, type SecretScalar } from "../secret.ts";
import { assertSlot, assertThreshold } from "../slot.ts";

/** What an old member needs. `share` is s_i of the old epoch, secret; `threshold` is t', `recipients` are all members of the new epoch with their keys of it. */
export type ReshareDealingInput = {
  readonly sid: Uint8Array;
  readonly dealer: number;
  readonly share: SecretScalar;
  readonly threshold: number;
  readonly recipients: readonly DkgMember[];
};

/**
 * Deals the dealer's own share to the members of the new epoch: g_i with g_i(0) = s_i, in the bytes of a dealing of key generation.
 * Both possessions are proved, over the encrypted shares too; that of s_i says who deals, so anyone may send the bytes. The dealer need be no recipient.
 * PROTOCOL section 3.9. Throws INVALID_SCALAR for a share of 0 and INVALID_POINT where S_i has x >= n: S_i is C_0 here, and the contract
 * takes neither. A share is one of them with probability 2^-127; its keeper cannot deal, and the others do without it.
 * Also throws INVALID_BYTES, INVALID_SLOT, INVALID_MEMBERS, INVALID_THRESHOLD, INVALID_RANDOM, ERASED_SECRET.
 */
export function createReshareDealing(input: ReshareDealingInput, random: RandomSource = secureRandom): Uint8Array {
  return dealShare(input, assertThreshold, random);
}

/** `createReshareDealing` under any rule for thresholds. */
export function dealShare(
  { sid, dealer, share, threshold, recipients }: ReshareDealingInput,
  assertRule: (threshold: number, members: number) => void,
  random: RandomSource,
): Uint8Array {
  assertSid(sid);
  assertSlot(dealer, "dealer");
  assertMembers(recipients);
  assertRule(threshold, recipients.length);
  const constant = constantOf(share);
  const others = Array.from({ length: threshold }, () => drawKey(random));
  return dealPolynomial({ sid, dealer, coefficients: [constant, ...others], recipients, messageOf: reshareMessage }, random);
}

/** Checks that the dealer knows its share and e, and that these are the shares it encrypted. False for any wrong proof. PROTOCOL section 3.9. Throws INVALID_BYTES, INVALID_SLOT, INVALID_POINT, INVALID_SCALAR for wrong types. */
export function verifyReshareDealing(input: DealingToVerify): boolean {
  return verifyPossessions(input, reshareMessage);
}

/** A share as the constant of a polynomial. Throws INVALID_SCALAR for 0, INVALID_POINT where its point has x >= n. */
export function constantOf(share: SecretScalar): DrawnKey {
  const scalar = revealNonZero(share, "share to deal");
  const point = backend.mulG(scalar);
  assertPoint(point, "verifying share");
  return { scalar, point };
}
