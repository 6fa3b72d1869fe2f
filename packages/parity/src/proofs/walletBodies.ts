import { encodePoint, INFINITY, type Point, parsePoint } from "@keyquorum/threshold";
import {
  AddressText,
  bytesToHex,
  checkField,
  checkSchema,
  Epoch,
  type ErrorCode,
  exactly,
  Hash32Text,
  hexToBytes,
  hexUpTo,
  MAX_SIGNATURE_BYTES,
  PointText,
  parseAddress,
  parseSessionId,
  Slot,
  type Static,
  Type,
  Uint64Text,
} from "@keyquorum/wire";
import { MAX_AUTHOR_SIGNATURE_BYTES } from "../formats/walletProof.ts";
import type { GenerationRequest, ReadingRequest, ServerKeyRequest, StorageRequest } from "../formats/walletRequests.ts";
import type { CertifiedIn, DocumentKeyPair } from "../records/serverKeyRecord.ts";
import { encodeSlotSignature, parseSlotSignature, type SlotSignature } from "../records/slotSignature.ts";
import type { HeldContribution } from "../retrieval/messages.ts";
import {
  CertificateBody,
  ContributionBody,
  deadlineOf,
  encodeCertificate,
  encodeContribution,
  encodePair,
  HoldersBody,
  MOST_MEMBERS,
  PairBody,
  parseCertificate,
  parseContribution,
  parsePair,
  pointOf,
  pointText,
  SlotSignatureBody,
} from "./bodyParts.ts";
import type { ServerKeyProof } from "./serverKeyProof.ts";

// Bodies of the routes for wallets. Signatures are in bodies alone: a path is written down by everybody on its way. PROTOCOL section 8.5.

/** All are POST. */
export const WALLET_PATHS = {
  generate: "/v1/server-keys/generate",
  serverKey: "/v1/server-keys/read",
  store: "/v1/document-keys/store",
  read: "/v1/document-keys/read",
} as const;

type Signed = { readonly signature: Uint8Array };
export type SignedGeneration = GenerationRequest & Signed;
export type SignedStorage = StorageRequest & Signed;
export type SignedServerKeyRequest = ServerKeyRequest & Signed;
/** `without`: slots that the reader wants no part of, because they lied to it. Nobody signs it: it decides whom to ask, and nothing else. */
export type SignedReading = ReadingRequest & Signed & { readonly without: readonly number[] };

/** What was stored, by whose word. */
export type StoredAnswer = { readonly epoch: number; readonly certificate: readonly SlotSignature[] };

/** All that a reader needs to check what it reads. The holders answered to a question of the coordinator's about this pair, set, nonce and reading. */
export type ReadingAnswer = {
  readonly key: ServerKeyProof;
  readonly pair: DocumentKeyPair;
  readonly certificate: readonly SlotSignature[];
  /** Where the key was moved since the pair was stored: the epoch and members of the certificate. Default: the key's. */
  readonly certifiedIn?: CertifiedIn;
  readonly coordinator: number;
  readonly holders: readonly number[];
  readonly nonce: Uint8Array;
  readonly contributions: readonly HeldContribution[];
};

const author = { serverKeyId: Hash32Text, author: AddressText, deadline: Uint64Text } as const;
const ByAuthor = hexUpTo(MAX_AUTHOR_SIGNATURE_BYTES);
const GenerateBody = exactly({ ...author, threshold: Type.Integer({ minimum: 0, maximum: 255 }), signature: ByAuthor });
const ServerKeyBody = exactly({ ...author, signature: ByAuthor });
const StoreBody = exactly({ ...author, commonPoint: PointText, encryptedPoint: PointText, signature: ByAuthor });
export const ReadBody = exactly({
  ...{ serverKeyId: Hash32Text, reader: AddressText, readerKey: PointText, deadline: Uint64Text, signature: hexUpTo(MAX_SIGNATURE_BYTES) },
  without: Type.Optional(Type.Array(Slot, { maxItems: MOST_MEMBERS })),
});

/** A point, or "0x00" for infinity, which a key's later commitments may be. */
const CommitmentText = Type.String({ pattern: "^0x(?:00|0[23][0-9a-f]{64})$", minLength: 4, maxLength: 68 });
const INFINITY_TEXT = "0x00";
const commitmentText = (point: Point): string => (point.is0() ? INFINITY_TEXT : bytesToHex(encodePoint(point)));
const commitmentOf = (text: string): Point =>
  text === INFINITY_TEXT ? INFINITY : checkField("commitments", "BAD_ANSWER", () => parsePoint(hexToBytes(text, 33)));

const KeyBody = exactly({
  ...{ serverKeyId: Hash32Text, author: AddressText, threshold: Type.Integer({ minimum: 0, maximum: MOST_MEMBERS - 1 }), epoch: Epoch },
  members: HoldersBody,
  commitments: Type.Array(CommitmentText, { minItems: 1, maxItems: MOST_MEMBERS }),
  ...{ verifyingRoot: Hash32Text, sid: Hash32Text, moved: Type.Optional(Hash32Text) },
  confirmations: Type.Array(SlotSignatureBody, { maxItems: MOST_MEMBERS }),
});
const StoredBody = exactly({ epoch: Epoch, certificate: CertificateBody });
export const ReadingBody = exactly({
  ...{ key: KeyBody, pair: PairBody, certificate: CertificateBody, coordinator: Slot, holders: HoldersBody, nonce: Hash32Text },
  certifiedIn: Type.Optional(exactly({ epoch: Epoch, members: HoldersBody })),
  contributions: Type.Array(ContributionBody, { maxItems: MOST_MEMBERS }),
});

const ASK: ErrorCode = "INVALID_REQUEST";
const accountOf = (field: string, text: string) => checkField(field, ASK, () => parseAddress(text));
const parseByAuthor = (read: {
  readonly serverKeyId: string;
  readonly author: string;
  readonly deadline: string;
  readonly signature: string;
}) => ({
  ...{ serverKeyId: hexToBytes(read.serverKeyId, 32), author: accountOf("author", read.author) },
  ...{ deadline: deadlineOf(read.deadline), signature: hexToBytes(read.signature) },
});
const encodeByAuthor = ({ serverKeyId, author: by, deadline, signature }: SignedServerKeyRequest) => ({
  ...{ serverKeyId: bytesToHex(serverKeyId), author: by, deadline: deadline.toString(), signature: bytesToHex(signature) },
});

/** From the JSON of a request. All throw INVALID_REQUEST, naming the field. */
export const parseWalletAsk = {
  generate: (body: unknown): SignedGeneration => {
    const read = checkSchema(GenerateBody, body, ASK);
    return { ...parseByAuthor(read), threshold: read.threshold };
  },
  serverKey: (body: unknown): SignedServerKeyRequest => parseByAuthor(checkSchema(ServerKeyBody, body, ASK)),
  store: (body: unknown): SignedStorage => {
    const read = checkSchema(StoreBody, body, ASK);
    return { ...parseByAuthor(read), ...parsePair(read, ASK) };
  },
  read: (body: unknown): SignedReading => {
    const read = checkSchema(ReadBody, body, ASK);
    return {
      ...{ serverKeyId: hexToBytes(read.serverKeyId, 32), reader: accountOf("reader", read.reader) },
      ...{ readerKey: pointOf("readerKey", read.readerKey, ASK), deadline: deadlineOf(read.deadline) },
      ...{ signature: hexToBytes(read.signature), without: read.without ?? [] },
    };
  },
} as const;

export const encodeWalletAsk = {
  generate: (ask: SignedGeneration): Static<typeof GenerateBody> => ({ ...encodeByAuthor(ask), threshold: ask.threshold }),
  serverKey: (ask: SignedServerKeyRequest): Static<typeof ServerKeyBody> => encodeByAuthor(ask),
  store: (ask: SignedStorage): Static<typeof StoreBody> => ({ ...encodeByAuthor(ask), ...encodePair(ask) }),
  read: ({ serverKeyId, reader, readerKey, deadline, signature, without }: SignedReading): Static<typeof ReadBody> => ({
    ...{ serverKeyId: bytesToHex(serverKeyId), reader, readerKey: pointText(readerKey), deadline: deadline.toString() },
    ...{ signature: bytesToHex(signature), ...(without.length === 0 ? {} : { without: [...without] }) },
  }),
} as const;

const encodeKey = ({
  serverKeyId,
  commitments,
  verifyingRoot,
  confirmations,
  members,
  ...key
}: ServerKeyProof): Static<typeof KeyBody> => ({
  ...{ serverKeyId: bytesToHex(serverKeyId), author: key.author, threshold: key.threshold, epoch: key.epoch, members: [...members] },
  ...{ commitments: commitments.map(commitmentText), verifyingRoot: bytesToHex(verifyingRoot), sid: key.sid },
  ...(key.moved === undefined ? {} : { moved: bytesToHex(key.moved) }),
  confirmations: confirmations.map(encodeSlotSignature),
});
const keyOf = ({
  serverKeyId,
  author: by,
  commitments,
  verifyingRoot,
  sid,
  confirmations,
  moved,
  ...key
}: Static<typeof KeyBody>): ServerKeyProof => ({
  ...{ ...key, serverKeyId: hexToBytes(serverKeyId, 32), author: checkField("author", "BAD_ANSWER", () => parseAddress(by)) },
  ...{ commitments: commitments.map(commitmentOf), verifyingRoot: hexToBytes(verifyingRoot, 32), sid: parseSessionId(sid) },
  confirmations: confirmations.map(parseSlotSignature),
  ...(moved === undefined ? {} : { moved: hexToBytes(moved, 32) }),
});

/** From the JSON of an answer. All throw BAD_ANSWER. What is in it, the reader checks. */
export const parseWalletAnswer = {
  key: (body: unknown): ServerKeyProof => keyOf(checkSchema(KeyBody, body, "BAD_ANSWER")),
  stored: (body: unknown): StoredAnswer => {
    const { epoch, certificate } = checkSchema(StoredBody, body, "BAD_ANSWER");
    return { epoch, certificate: parseCertificate(certificate) };
  },
  reading: (body: unknown): ReadingAnswer => {
    const read = checkSchema(ReadingBody, body, "BAD_ANSWER");
    return {
      ...{ key: keyOf(read.key), pair: parsePair(read.pair, "BAD_ANSWER"), certificate: parseCertificate(read.certificate) },
      ...(read.certifiedIn === undefined ? {} : { certifiedIn: read.certifiedIn }),
      ...{ coordinator: read.coordinator, holders: read.holders, nonce: hexToBytes(read.nonce, 32) },
      contributions: read.contributions.map(parseContribution),
    };
  },
} as const;

export const encodeWalletAnswer = {
  key: encodeKey,
  stored: ({ epoch, certificate }: StoredAnswer): Static<typeof StoredBody> => ({ epoch, certificate: encodeCertificate(certificate) }),
  reading: ({
    key,
    pair,
    certificate,
    certifiedIn,
    coordinator,
    holders,
    nonce,
    contributions,
  }: ReadingAnswer): Static<typeof ReadingBody> => ({
    ...{ key: encodeKey(key), pair: encodePair(pair), certificate: encodeCertificate(certificate) },
    ...(certifiedIn === undefined ? {} : { certifiedIn: { epoch: certifiedIn.epoch, members: [...certifiedIn.members] } }),
    ...{ coordinator, holders: [...holders], nonce: bytesToHex(nonce), contributions: contributions.map(encodeContribution) },
  }),
} as const;
