import { encodePoint, encodeScalar, type Point, parsePoint, parseScalar } from "@keyquorum/threshold";
import {
  bytesToHex,
  checkField,
  type ErrorCode,
  exactly,
  Hash32Text,
  hexOf,
  hexToBytes,
  KeyquorumError,
  PointText,
  SignatureText,
  Slot,
  type Static,
  Type,
} from "@keyquorum/wire";
import { ECIES_OVERHEAD } from "../formats/ecies.ts";
import type { DocumentKeyPair } from "../records/serverKeyRecord.ts";
import { encodeSlotSignature, parseSlotSignature, type SlotSignature, type SlotSignatureText } from "../records/slotSignature.ts";
import type { HeldContribution } from "../retrieval/messages.ts";

// Parts of bodies about document keys that keepers send each other, and that wallets are sent.

export const MOST_MEMBERS = 64;
const SHADOW_BYTES = ECIES_OVERHEAD + 32;
const MOST_UINT64 = 2n ** 64n - 1n;

export const SlotSignatureBody = exactly({ slot: Slot, signature: SignatureText });
export const PairBody = exactly({ commonPoint: PointText, encryptedPoint: PointText });
export const CertificateBody = Type.Array(SlotSignatureBody, { maxItems: MOST_MEMBERS });
export const HoldersBody = Type.Array(Slot, { minItems: 1, maxItems: MOST_MEMBERS });
export const ContributionBody = exactly({
  ...{ slot: Slot, point: PointText, commitment: PointText, proof: exactly({ c: Hash32Text, z: Hash32Text }) },
  ...{ shadow: hexOf(SHADOW_BYTES), signature: SignatureText },
});

export type PairText = Static<typeof PairBody>;
export const pointText = (point: Point): string => bytesToHex(encodePoint(point));
export const pointOf = (field: string, text: string, code: ErrorCode): Point =>
  checkField(field, code, () => parsePoint(hexToBytes(text, 33)));
/** Of a text that has the form of one. Throws INVALID_REQUEST above 64 bits. */
export const deadlineOf = (text: string): bigint => {
  const deadline = BigInt(text);
  if (deadline > MOST_UINT64) throw new KeyquorumError("INVALID_REQUEST", "The deadline has 64 bits.", { details: { field: "deadline" } });
  return deadline;
};

export const encodePair = ({ commonPoint, encryptedPoint }: DocumentKeyPair): PairText => ({
  ...{ commonPoint: pointText(commonPoint), encryptedPoint: pointText(encryptedPoint) },
});
export const parsePair = ({ commonPoint, encryptedPoint }: PairText, code: ErrorCode): DocumentKeyPair => ({
  commonPoint: pointOf("commonPoint", commonPoint, code),
  encryptedPoint: pointOf("encryptedPoint", encryptedPoint, code),
});

export const encodeCertificate = (certificate: readonly SlotSignature[]): SlotSignatureText[] => certificate.map(encodeSlotSignature);
export const parseCertificate = (certificate: readonly SlotSignatureText[]): SlotSignature[] => certificate.map(parseSlotSignature);

export const encodeContribution = ({
  slot,
  point,
  commitment,
  proof,
  shadow,
  signature,
}: HeldContribution): Static<typeof ContributionBody> => ({
  ...{ slot, point: pointText(point), commitment: pointText(commitment) },
  proof: { c: bytesToHex(encodeScalar(proof.c)), z: bytesToHex(encodeScalar(proof.z)) },
  ...{ shadow: bytesToHex(shadow), signature: bytesToHex(signature) },
});
/** Throws BAD_ANSWER for what is no point or no scalar. */
export const parseContribution = (read: Static<typeof ContributionBody>): HeldContribution => {
  const scalarOf = (field: "c" | "z") => checkField(field, "BAD_ANSWER", () => parseScalar(hexToBytes(read.proof[field], 32)));
  return {
    slot: read.slot,
    ...{ point: pointOf("point", read.point, "BAD_ANSWER"), commitment: pointOf("commitment", read.commitment, "BAD_ANSWER") },
    proof: { c: scalarOf("c"), z: scalarOf("z") },
    ...{ shadow: hexToBytes(read.shadow, SHADOW_BYTES), signature: hexToBytes(read.signature, 65) },
  };
};
