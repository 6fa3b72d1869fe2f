/**
 * What shows to members of another epoch what a server key is: the bytes that its move is about. They need trust nobody who brings them, as every member of
 * the key's epoch signed its public key and commitments. Who its author is, they have from the dealers, of whom one is honest. All public.
 */
import { contentOf, type GeneratedRow } from "@keyquorum/protocol";
import { encodePoint, evaluateCommitments, INFINITY, merkleRoot, type Point, parsePoint, verifyingLeaf } from "@keyquorum/threshold";
import { type Address, bitmapOf, bytesToHex, hexToBytes, parseAddress, parseSessionId, slotsOf } from "@keyquorum/wire";
import { areMembersOf, type SeenEpoch, serverKeyFault } from "../proofs/serverKeyProof.ts";
import type { CertifiedIn, StoredDocumentKey } from "../records/serverKeyRecord.ts";
import type { SlotSignature } from "../records/slotSignature.ts";
import { isCertificate } from "../retrieval/membership.ts";

export type KeyEvidence = {
  readonly author: Address;
  readonly threshold: number;
  readonly epoch: number;
  readonly members: readonly number[];
  /** C_0 .. C_t; C_0 is the public key. */
  readonly commitments: readonly Point[];
  /** The session that made these shares, and, where that was a move, the hash of its proposal. */
  readonly sid: Uint8Array;
  readonly content?: Uint8Array;
  /** Of every member, in their order. */
  readonly confirmations: readonly Uint8Array[];
  /** What is stored under it, with its certificate, and whose that is. */
  readonly documentKey?: StoredDocumentKey & { readonly certifiedIn: CertifiedIn };
};

/** Of a key that this keeper holds. @param row how it came to be in this epoch */
export const evidenceOf = ({ proposal, sid, key, confirmations }: GeneratedRow, stored: StoredDocumentKey | undefined): KeyEvidence => {
  const { author, threshold, epoch, members, moved } = proposal;
  const certifiedIn = stored?.certifiedIn ?? { epoch, members };
  return {
    ...{ author, threshold, epoch, members, commitments: key.commitments, sid: hexToBytes(sid, 32) },
    ...(moved === undefined ? {} : { content: contentOf(proposal) }),
    confirmations: confirmations.map(({ signature }) => signature),
    ...(stored === undefined || stored.certificate.length === 0 ? {} : { documentKey: { ...stored, certifiedIn } }),
  };
};

/** Whether two are of the same shares of the same key. Signatures differ with who collected them. */
export const isSameKey = (a: KeyEvidence, b: KeyEvidence): boolean => bytesToHex(nameOf(a)) === bytesToHex(nameOf(b));
const nameOf = ({ documentKey: _, confirmations: __, ...key }: KeyEvidence): Uint8Array => encodeEvidence({ ...key, confirmations: [] });

/**
 * Whether every member of its epoch signed it, and its document key has a certificate. Of both epochs, every slot that the chain has must be a member, or
 * absent: a few of an epoch can make a key of their own, and sign it.
 * @param membersOf of any epoch, as the chain has them
 */
export const isProved = async (
  serverKeyId: Uint8Array,
  evidence: KeyEvidence,
  membersOf: (epoch: number) => Promise<SeenEpoch>,
): Promise<boolean> => {
  const { author, members, epoch, threshold, commitments, sid, content, confirmations, documentKey } = evidence;
  if (confirmations.length !== members.length || commitments.length === 0) return false;
  const leaves = members.map((slot) => verifyingLeaf({ keyId: sid, epoch, slot, verifyingShare: evaluateCommitments(commitments, slot) }));
  const fault = serverKeyFault(await membersOf(epoch), {
    ...{ serverKeyId, author, threshold, epoch, members, commitments, verifyingRoot: merkleRoot(leaves) },
    sid: parseSessionId(bytesToHex(sid)),
    confirmations: members.map((slot, i) => ({ slot, signature: confirmations[i] ?? new Uint8Array() })),
    ...(content === undefined ? {} : { moved: content }),
  });
  if (fault !== undefined) return false;
  if (documentKey === undefined) return true;
  const { certifiedIn, certificate } = documentKey;
  if (certifiedIn.epoch > epoch) return false;
  const certifying = await membersOf(certifiedIn.epoch);
  const about = { serverKeyId, threshold, ...certifiedIn };
  return areMembersOf(certifying, certifiedIn.members) && isCertificate(certifying, about, documentKey, certificate);
};

const POINT_BYTES = 33;
const SIGNATURE_BYTES = 65;
/** Infinity, which a key's later commitments may be, has no other encoding. */
const pointBytes = (point: Point): Uint8Array => (point.is0() ? new Uint8Array(POINT_BYTES) : encodePoint(point));
const pointOf = (bytes: Uint8Array): Point => (bytes.every((byte) => byte === 0) ? INFINITY : parsePoint(bytes));
const number32 = (value: bigint | number): Uint8Array => hexToBytes(`0x${value.toString(16).padStart(64, "0")}`, 32);

/** Fields one after the other; a list behind its length, as one byte. */
export const encodeEvidence = (evidence: KeyEvidence): Uint8Array => {
  const { author, threshold, epoch, members, commitments, sid, content, confirmations, documentKey } = evidence;
  const parts: Uint8Array[] = [
    ...[hexToBytes(author, 20), Uint8Array.of(threshold), number32(epoch), number32(bitmapOf(members)), sid],
    ...[Uint8Array.of(commitments.length), ...commitments.map(pointBytes), Uint8Array.of(confirmations.length), ...confirmations],
    ...(content === undefined ? [Uint8Array.of(0)] : [Uint8Array.of(1), content]),
  ];
  if (documentKey === undefined) parts.push(Uint8Array.of(0));
  else {
    const { commonPoint, encryptedPoint, certificate, certifiedIn } = documentKey;
    parts.push(Uint8Array.of(1), pointBytes(commonPoint), pointBytes(encryptedPoint));
    parts.push(number32(certifiedIn.epoch), number32(bitmapOf(certifiedIn.members)), Uint8Array.of(certificate.length));
    for (const { slot, signature } of certificate) parts.push(Uint8Array.of(slot), signature);
  }
  return new Uint8Array(Buffer.concat(parts));
};

/** Throws RangeError, ThresholdError, KeyquorumError for bytes that are none. Whether it is true, `isProved` says. */
export const parseEvidence = (bytes: Uint8Array): KeyEvidence => {
  let at = 0;
  const take = (length: number): Uint8Array => {
    const part = bytes.slice(at, at + length);
    at += length;
    if (part.length < length) throw new RangeError("evidence ends too early");
    return part;
  };
  const byte = (): number => take(1)[0] ?? 0;
  const number = (): number => {
    const value = Number(BigInt(bytesToHex(take(32))));
    if (!Number.isSafeInteger(value)) throw new RangeError("an epoch is a number");
    return value;
  };
  const many = <One>(read: () => One): readonly One[] => Array.from({ length: byte() }, read);
  const [author, threshold, epoch, members, sid] = [parseAddress(bytesToHex(take(20))), byte(), number(), slots(), take(32)];
  const commitments = many(() => pointOf(take(POINT_BYTES)));
  const confirmations = many(() => take(SIGNATURE_BYTES));
  const content = byte() === 1 ? take(32) : undefined;
  const documentKey = byte() === 1 ? readDocumentKey() : undefined;
  if (at !== bytes.length) throw new RangeError("evidence ends too late");
  return {
    ...{ author, threshold, epoch, members, commitments, sid, confirmations },
    ...(content === undefined ? {} : { content }),
    ...(documentKey === undefined ? {} : { documentKey }),
  };

  function slots(): readonly number[] {
    return slotsOf(BigInt(bytesToHex(take(32))));
  }
  function readDocumentKey(): KeyEvidence["documentKey"] {
    const [commonPoint, encryptedPoint] = [parsePoint(take(POINT_BYTES)), parsePoint(take(POINT_BYTES))];
    const certifiedIn = { epoch: number(), members: slots() };
    const certificate = many((): SlotSignature => ({ slot: byte(), signature: take(SIGNATURE_BYTES) }));
    return { commonPoint, encryptedPoint, certificate, certifiedIn };
  }
};

/** Of bytes that somebody sent. Undefined: they are none. */
export const readEvidence = (bytes: Uint8Array): KeyEvidence | undefined => {
  try {
    return parseEvidence(bytes);
  } catch {
    return undefined;
  }
};

/** S_i of a member. */
export const verifyingShareOf = ({ commitments }: Pick<KeyEvidence, "commitments">, slot: number): Point =>
  evaluateCommitments(commitments, slot);

/**
 * How many must deal: t+1 where a document key is stored. Where none is, so many that none can have been stored behind their backs: of n members, so many
 * confirm none any more that with t who lie too few are left for a certificate. PROTOCOL section 8.6.
 */
export const dealersNeeded = ({ members, threshold, documentKey }: Pick<KeyEvidence, "members" | "threshold" | "documentKey">): number =>
  documentKey === undefined ? Math.max(threshold + 1, Math.ceil((members.length + threshold) / 2)) : threshold + 1;
