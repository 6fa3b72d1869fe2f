import {
  backend,
  CURVE_ORDER,
  type DleqProof,
  type HedgedRandom,
  isValidPoint,
  type Point,
  proveDleq,
  randomScalar,
  SecretScalar,
  ThresholdError,
  verifyDleq,
} from "@keyquorum/threshold";
import { assertHolders, coefficientOf } from "./holders.ts";

/**
 * A holder's part of one retrieval of a document key: `point` is x C for x = l s + mask, `commitment` is mask G, and the proof says that the same x is
 * in x G = l S + commitment. Public: it tells nothing of s C without the mask. PROTOCOL section 8.3.
 */
export type MaskedContribution = { readonly slot: number; readonly point: Point; readonly commitment: Point; readonly proof: DleqProof };

/** What all holders of one ask are told. */
export type RetrievalAsk = {
  readonly threshold: number;
  /** t+1 slots, ascending. */
  readonly holders: readonly number[];
  /** C, as this holder stored it. */
  readonly commonPoint: Point;
};

/** Draws that can be useless: two values of 2^256. More in a row mean that the random source is broken. */
const MAX_DRAWS = 16;

/**
 * Makes a holder's contribution and its mask, which is secret: to be encrypted to the reader, and erased. Each call needs random bytes of its own: the
 * same mask under two sets of holders would give s C away.
 * `share` is s, secret; `context` are 32 bytes that bind the proof to one ask and one holder.
 * Throws ThresholdError INVALID_MEMBERS, INVALID_SLOT, INVALID_POINT, INVALID_BYTES, INVALID_RANDOM, ERASED_SECRET.
 */
export const createMaskedContribution = (
  { threshold, holders, commonPoint }: RetrievalAsk,
  { slot, share, context }: { readonly slot: number; readonly share: SecretScalar; readonly context: Uint8Array },
  random: HedgedRandom,
): { readonly contribution: MaskedContribution; readonly mask: SecretScalar } => {
  assertHolders(holders, threshold);
  const own = modulo(coefficientOf(holders, slot) * share.reveal());
  for (let draw = 0; draw < MAX_DRAWS; draw += 1) {
    const mask = randomScalar(random);
    const masked = modulo(own + mask);
    const [point, commitment] = [backend.mulSecret(commonPoint, masked), backend.mulG(mask)];
    if (!isValidPoint(point) || !isValidPoint(commitment)) continue; // x = 0, or a coordinate that no point of ours has
    const secret = SecretScalar.from(masked);
    try {
      const proof = proveDleq({ secret, base: commonPoint, context }, random);
      return { contribution: { slot, point, commitment, proof }, mask: SecretScalar.from(mask) };
    } finally {
      secret.erase();
    }
  }
  throw new ThresholdError("INVALID_RANDOM", `${MAX_DRAWS} masks in a row were useless; the random source is broken.`);
};

/** Why a contribution is not the holder's that was asked. Each names that holder. */
export type ContributionFault = "WRONG_SLOT" | "BAD_POINT" | "BAD_PROOF";

/**
 * What is wrong with what the holder of `slot` gave; undefined: nothing. Whether the mask that it encrypted is the committed one, only the reader sees.
 * `verifyingShare` is S, which may be infinity: 0 is a legal share. Throws ThresholdError INVALID_MEMBERS, INVALID_SLOT.
 */
export const maskedContributionFault = (
  { threshold, holders, commonPoint }: RetrievalAsk,
  { slot, verifyingShare, context }: { readonly slot: number; readonly verifyingShare: Point; readonly context: Uint8Array },
  given: MaskedContribution,
): ContributionFault | undefined => {
  assertHolders(holders, threshold);
  if (given.slot !== slot) return "WRONG_SLOT";
  const { point, commitment, proof } = given;
  if (!isValidPoint(point) || !isValidPoint(commitment)) return "BAD_POINT";
  const publicKey = backend.add(backend.mulVar(verifyingShare, coefficientOf(holders, slot)), commitment);
  if (!isValidPoint(publicKey)) return "BAD_POINT";
  return verifyDleq({ publicKey, base: commonPoint, image: point, context }, proof) ? undefined : "BAD_PROOF";
};

const modulo = (value: bigint): bigint => ((value % CURVE_ORDER) + CURVE_ORDER) % CURVE_ORDER;
