import { backend } from "../backend.ts";
import { assertRecord } from "../bytes.ts";
import { isValidPoint, type Point } from "../point.ts";
import { evaluatePolynomial } from "../polynomial.ts";
import { type RandomSource, randomScalar, secureRandom, untilUsable } from "../random.ts";
import { reduceScalar } from "../scalar.ts";
import { provePossession, verifyPossession } from "../schnorr.ts";
import { SecretScalar } from "../secret.ts";
import { assertSlot, assertThreshold } from "../slot.ts";
import { assertSid, type Dealing, encodeDealing } from "./dealing.ts";
import { assertMembers, type DkgMember, memberAt } from "./member.ts";
import { type DealingMessage, keyGenerationMessage, padOf } from "./transcript.ts";

/** What a dealer needs. `members` are all members of the session, the dealer among them. All public. */
export type DealingInput = {
  readonly sid: Uint8Array;
  readonly dealer: number;
  readonly threshold: number;
  readonly members: readonly DkgMember[];
};

/** A coefficient or an ephemeral key: secret, with its point. */
export type DrawnKey = { readonly scalar: bigint; readonly point: Point };

/**
 * Makes one dealing, as bytes. The dealer keeps nothing: it opens its own share like every recipient.
 * PROTOCOL section 3.3. Throws INVALID_BYTES, INVALID_SLOT, INVALID_MEMBERS, INVALID_POINT, INVALID_THRESHOLD, INVALID_RANDOM.
 */
export function createDealing(input: DealingInput, random: RandomSource = secureRandom): Uint8Array {
  assertMembers(input.members);
  assertThreshold(input.threshold, input.members.length);
  return dealFreshly(input, random);
}

/** Deals a polynomial that is drawn for this dealing. The caller has checked the members, and the threshold by its own rule. */
export function dealFreshly({ sid, dealer, threshold, members }: DealingInput, random: RandomSource): Uint8Array {
  assertSid(sid);
  memberAt(members, dealer);
  const coefficients = Array.from({ length: threshold + 1 }, () => drawKey(random));
  return dealPolynomial({ sid, dealer, coefficients, recipients: members, messageOf: keyGenerationMessage }, random);
}

/** Deals the polynomial with these coefficients, t+1 of them, whose points are valid, to the recipients. PROTOCOL sections 3.3 and 3.9. */
export function dealPolynomial(
  input: {
    readonly sid: Uint8Array;
    readonly dealer: number;
    readonly coefficients: readonly DrawnKey[];
    readonly recipients: readonly DkgMember[];
    readonly messageOf: DealingMessage;
  },
  random: RandomSource,
): Uint8Array {
  const { sid, dealer, coefficients, recipients, messageOf } = input;
  const ephemeralKey = drawKey(random);
  const commitments = coefficients.map(({ point }) => point);
  const ephemeral = ephemeralKey.point;
  const scalars = coefficients.map(({ scalar }) => scalar);
  const encryptedShares = encryptValues({ sid, dealer, ephemeralKey, recipients }, (x) => evaluatePolynomial(scalars, x));
  const message = messageOf(sid, dealer, { commitments, ephemeral, encryptedShares });
  const prove = (scalar: bigint) => provePossession(SecretScalar.from(scalar), message, random);
  return encodeDealing({
    commitments,
    ephemeral,
    encryptedShares,
    possessionOfConstant: prove(scalars[0] as bigint),
    possessionOfEphemeral: prove(ephemeralKey.scalar),
  });
}

/** valueAt(j) hidden from all but recipient j, for every recipient. PROTOCOL section 3.3. */
export function encryptValues(
  input: {
    readonly sid: Uint8Array;
    readonly dealer: number;
    readonly ephemeralKey: DrawnKey;
    readonly recipients: readonly DkgMember[];
  },
  valueAt: (x: bigint) => bigint,
): bigint[] {
  const { sid, dealer, ephemeralKey, recipients } = input;
  const pads = backend.normalize(recipients.map(({ encryptionKey }) => backend.mulSecret(encryptionKey, ephemeralKey.scalar)));
  return recipients.map(({ slot }, i) => reduceScalar(valueAt(BigInt(slot)) + padOf(sid, dealer, slot, pads[i] as Point)));
}

/** A non-zero secret scalar whose point has x < n. */
export function drawKey(random: RandomSource): DrawnKey {
  return untilUsable(() => {
    const scalar = randomScalar(random);
    const point = backend.mulG(scalar);
    return isValidPoint(point) ? { scalar, point } : undefined;
  });
}

/** Checks that the dealer knows a_0 and e, for this session and slot. False for any wrong proof. PROTOCOL section 3.3. Throws INVALID_BYTES, INVALID_SLOT, INVALID_POINT, INVALID_SCALAR for wrong types. */
export function verifyDealing(input: DealingToVerify): boolean {
  return verifyPossessions(input, keyGenerationMessage);
}

/** One dealing of one session. All public. */
export type DealingToVerify = { readonly sid: Uint8Array; readonly dealer: number; readonly dealing: Dealing };

/** Both possessions of a dealing over this message. */
export function verifyPossessions({ sid, dealer, dealing }: DealingToVerify, messageOf: DealingMessage): boolean {
  assertSid(sid);
  assertSlot(dealer, "dealer");
  assertRecord(dealing, "dealing");
  const { commitments, ephemeral, possessionOfConstant, possessionOfEphemeral } = dealing;
  const constant = commitments[0];
  const pointsFit = [...commitments, ephemeral].map((point) => isValidPoint(point));
  if (constant === undefined || !pointsFit.every(Boolean)) return false;
  const message = messageOf(sid, dealer, dealing);
  return verifyPossession(constant, message, possessionOfConstant) && verifyPossession(ephemeral, message, possessionOfEphemeral);
}
