import { backend } from "../backend.ts";
import { assertSid } from "../dkg/dealing.ts";
import { takeWords } from "../dkg/takeWords.ts";
import { dealingMessage } from "../dkg/transcript.ts";
import { mulSmall } from "../mulSmall.ts";
import { assertPoint, isValidPoint, type Point } from "../point.ts";
import { evaluateCommitments } from "../polynomial.ts";
import { assertScalar } from "../scalar.ts";
import { type SchnorrProof, verifyPossession } from "../schnorr.ts";
import { assertSlot } from "../slot.ts";
import { encodeWords } from "../words.ts";
import { assertHelperCount } from "./session.ts";

/**
 * What one helper gives all helpers. `commitments` are Q_h0 .. Q_h(t-1) of q_h; the mask is r_h(x) = (x - m) q_h(x), so that r_h(m) = 0
 * needs no proof and no point at infinity. Encrypted shares r_h(i) are in ascending slot order. Public: it goes through m. PROTOCOL section 3.10.
 */
export type RepairDealing = {
  readonly commitments: Point[];
  readonly ephemeral: Point;
  readonly encryptedShares: bigint[];
  readonly possessionOfEphemeral: SchnorrProof;
};

/** t and the number of helpers: together they fix the length. */
export type RepairDealingShape = { readonly threshold: number; readonly helpers: number };

/** Exact length in bytes: 64 t + 64 + 32 helpers + 64. PROTOCOL section 3.10. */
export const repairDealingLength = ({ threshold, helpers }: RepairDealingShape): number => 64 * threshold + 64 + 32 * helpers + 64;

/** The bytes: Q_h0 .. Q_h(t-1), E, c_i per helper, c and z of the possession of e. PROTOCOL section 3.10. */
export function encodeRepairDealing({ commitments, ephemeral, encryptedShares, possessionOfEphemeral: e }: RepairDealing): Uint8Array {
  for (const point of [...commitments, ephemeral]) assertPoint(point);
  for (const share of encryptedShares) assertScalar(share, "encrypted share");
  return encodeWords(...commitments, ephemeral, ...encryptedShares, e.c, e.z);
}

/** Reads a helper's dealing. Throws INVALID_THRESHOLD, INVALID_ENCODING, INVALID_POINT, INVALID_SCALAR. PROTOCOL section 3.10. */
export function parseRepairDealing(bytes: Uint8Array, shape: RepairDealingShape): RepairDealing {
  const { threshold, helpers } = shape;
  assertHelperCount(threshold, helpers);
  const take = takeWords(bytes, repairDealingLength(shape), "dealing of this repair");
  return {
    commitments: Array.from({ length: threshold }, take.point),
    ephemeral: take.point(),
    encryptedShares: Array.from({ length: helpers }, take.scalar),
    possessionOfEphemeral: take.proof(),
  };
}

/** Whether its helper knows e, for this session and slot. Throws INVALID_BYTES, INVALID_SLOT. PROTOCOL sections 2.1 and 3.10. */
export function isRepairDealingOf(sid: Uint8Array, helper: number, dealing: RepairDealing): boolean {
  assertSid(sid);
  assertSlot(helper, "helper");
  const { commitments, ephemeral, possessionOfEphemeral } = dealing;
  if (![...commitments, ephemeral].every((point) => isValidPoint(point))) return false;
  return verifyPossession(ephemeral, dealingMessage(sid, helper, commitments, ephemeral), possessionOfEphemeral);
}

/** (i - m) sum i^k Q_k = r_h(i) G, for a slot i. Public, variable time. PROTOCOL section 3.10. */
export function maskPointAt(commitments: readonly Point[], lost: number, slot: number): Point {
  const point = mulSmall(backend, evaluateCommitments(commitments, slot), Math.abs(slot - lost));
  return slot < lost ? backend.neg(point) : point;
}
