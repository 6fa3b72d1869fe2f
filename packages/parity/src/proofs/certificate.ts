import type { DocumentKeyPair, ServerKeyPublic } from "../records/serverKeyRecord.ts";
import type { SlotSignature } from "../records/slotSignature.ts";
import { confirmationStatement, type DocumentKeyStatement } from "../retrieval/statements.ts";

/** What the members of one epoch signed, for whoever knows their identity keys. */
export type SignedByMembers = {
  /** Whether the identity key that the epoch froze for this slot signed this. */
  readonly isSignedBy: (slot: number, said: DocumentKeyStatement, signature: Uint8Array) => boolean;
};

/** Confirmations that a pair needs: the least number above (n+t)/2. With t members corrupt, no second pair gets as many. PROTOCOL section 8.2. */
export const quorumOf = ({ members, threshold }: Pick<ServerKeyPublic, "members" | "threshold">): number =>
  Math.floor((members.length + threshold) / 2) + 1;

type About = Pick<ServerKeyPublic, "serverKeyId" | "epoch" | "members" | "threshold">;

export const isConfirmation = (
  { isSignedBy }: SignedByMembers,
  { serverKeyId, epoch, members }: About,
  pair: DocumentKeyPair,
  { slot, signature }: SlotSignature,
): boolean => members.includes(slot) && isSignedBy(slot, confirmationStatement({ serverKeyId, epoch, slot }, pair), signature);

/** Whether these are confirmations of one pair by enough members, each once. */
export const isCertificate = (
  known: SignedByMembers,
  about: About,
  pair: DocumentKeyPair,
  certificate: readonly SlotSignature[],
): boolean =>
  new Set(certificate.map(({ slot }) => slot)).size === certificate.length &&
  certificate.length >= quorumOf(about) &&
  certificate.every((one) => isConfirmation(known, about, pair, one));

export const isSamePair = (a: DocumentKeyPair, b: DocumentKeyPair): boolean =>
  a.commonPoint.equals(b.commonPoint) && a.encryptedPoint.equals(b.encryptedPoint);
