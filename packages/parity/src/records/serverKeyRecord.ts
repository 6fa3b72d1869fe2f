import { encodePoint, evaluateCommitments, INFINITY, type Point, parsePoint, SecretScalar } from "@keyquorum/threshold";
import { type Address, bytesToHex, hexToBytes, parseAddress } from "@keyquorum/wire";
import { encodeSlotSignature, parseSlotSignature, type SlotSignature, type SlotSignatureText } from "./slotSignature.ts";

/** A document key as its author stored it: C = kG, E = M + kY. Public. */
export type DocumentKeyPair = { readonly commonPoint: Point; readonly encryptedPoint: Point };

/** The pair that this keeper confirmed. `certificate`: confirmations of enough members, so that no other pair has one; empty while there are too few. */
export type StoredDocumentKey = DocumentKeyPair & {
  readonly certificate: readonly SlotSignature[];
  /** Whose confirmations they are, where the key was moved since: members of that epoch. */
  readonly certifiedIn?: CertifiedIn;
};

export type CertifiedIn = { readonly epoch: number; readonly members: readonly number[] };

/** What everybody may know of a server key. */
export type ServerKeyPublic = {
  /** 32 bytes. */
  readonly serverKeyId: Uint8Array;
  /** The account that generated it: it alone stores a document key under it. */
  readonly author: Address;
  /** t: any t+1 members read, t learn nothing. 0 is allowed here, and each member then knows the key. */
  readonly threshold: number;
  readonly epoch: number;
  /** Slots, ascending. */
  readonly members: readonly number[];
  /** C_0 .. C_t. C_0 is the public key; others may be infinity. */
  readonly commitments: readonly Point[];
  /** 32 bytes. */
  readonly verifyingRoot: Uint8Array;
  /** Of every member, that its share is durable. */
  readonly confirmations: readonly SlotSignature[];
};

/**
 * A server key as this keeper holds it. `share` is s_i, secret: whoever reads a record erases it. `isLeaving`: it was dealt to another epoch without a
 * document key, so none is confirmed here any more.
 */
export type ServerKeyRecord = ServerKeyPublic & {
  readonly share: SecretScalar;
  readonly documentKey?: StoredDocumentKey;
  readonly isLeaving?: true;
};

/** Y. */
export const publicKeyOf = ({ commitments }: Pick<ServerKeyPublic, "commitments">): Point => commitments[0] ?? INFINITY;

/** S_i = s_i G of every member, by slot. Infinity where s_i is 0. */
export const verifyingSharesOf = ({ members, commitments }: Pick<ServerKeyPublic, "members" | "commitments">): ReadonlyMap<number, Point> =>
  new Map(members.map((slot) => [slot, evaluateCommitments(commitments, slot)]));

const SHARE_BYTES = 32;
const VERSION = 1;

type RecordText = {
  readonly version: typeof VERSION;
  readonly serverKeyId: string;
  readonly author: string;
  readonly threshold: number;
  readonly epoch: number;
  readonly members: readonly number[];
  readonly commitments: readonly string[];
  readonly verifyingRoot: string;
  readonly confirmations: readonly SlotSignatureText[];
  readonly documentKey?: {
    readonly commonPoint: string;
    readonly encryptedPoint: string;
    readonly certificate: readonly SlotSignatureText[];
    readonly certifiedIn?: CertifiedIn;
  };
  readonly isLeaving?: true;
};

/** The bytes of a sealed row: the share, secret, and then JSON. The caller overwrites them. Throws ThresholdError ERASED_SECRET. */
export const encodeServerKeyRecord = ({ share, documentKey, isLeaving, ...key }: ServerKeyRecord): Uint8Array => {
  const text: RecordText = {
    version: VERSION,
    serverKeyId: bytesToHex(key.serverKeyId),
    ...{ author: key.author, threshold: key.threshold, epoch: key.epoch, members: key.members },
    commitments: key.commitments.map(pointText),
    verifyingRoot: bytesToHex(key.verifyingRoot),
    confirmations: key.confirmations.map(encodeSlotSignature),
    ...(documentKey === undefined
      ? {}
      : {
          documentKey: {
            commonPoint: pointText(documentKey.commonPoint),
            encryptedPoint: pointText(documentKey.encryptedPoint),
            certificate: documentKey.certificate.map(encodeSlotSignature),
            ...(documentKey.certifiedIn === undefined ? {} : { certifiedIn: documentKey.certifiedIn }),
          },
        }),
    ...(isLeaving === true ? { isLeaving } : {}),
  };
  const json = new TextEncoder().encode(JSON.stringify(text));
  const secret = share.toBytes();
  const bytes = new Uint8Array(SHARE_BYTES + json.length);
  bytes.set(secret);
  bytes.set(json, SHARE_BYTES);
  secret.fill(0);
  return bytes;
};

/** Reads a row that `encodeServerKeyRecord` wrote; the vault vouches for its bytes. Throws ThresholdError, KeyquorumError, SyntaxError for others. */
export const parseServerKeyRecord = (bytes: Uint8Array): ServerKeyRecord => {
  const text = JSON.parse(new TextDecoder().decode(bytes.subarray(SHARE_BYTES))) as RecordText; // true: it was sealed by this keeper
  const { documentKey } = text;
  return {
    serverKeyId: hexToBytes(text.serverKeyId, 32),
    author: parseAddress(text.author),
    ...{ threshold: text.threshold, epoch: text.epoch, members: text.members },
    commitments: text.commitments.map(pointOf),
    verifyingRoot: hexToBytes(text.verifyingRoot, 32),
    confirmations: text.confirmations.map(parseSlotSignature),
    share: SecretScalar.fromBytes(bytes.subarray(0, SHARE_BYTES)),
    ...(documentKey === undefined
      ? {}
      : {
          documentKey: {
            commonPoint: pointOf(documentKey.commonPoint),
            encryptedPoint: pointOf(documentKey.encryptedPoint),
            certificate: documentKey.certificate.map(parseSlotSignature),
            ...(documentKey.certifiedIn === undefined ? {} : { certifiedIn: documentKey.certifiedIn }),
          },
        }),
    ...(text.isLeaving === true ? { isLeaving: true } : {}),
  };
};

/** Infinity, which no valid encoding has, is "0x00". */
const INFINITY_TEXT = "0x00";
const pointText = (point: Point): string => (point.is0() ? INFINITY_TEXT : bytesToHex(encodePoint(point)));
const pointOf = (text: string): Point => (text === INFINITY_TEXT ? INFINITY : parsePoint(hexToBytes(text, 33)));
