import { parsePoint } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { checkField, checkSchema } from "./checkSchema.ts";
import { MAX_DELEGATION_BYTES } from "./delegationSize.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { type DocumentHeader, encodeHeader, headerHashOf, parseHeader } from "./header.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { parseAddress, parseDocumentId, parseHash32 } from "./ids.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { AddressText, Epoch, exactly, Hash32Text, HeaderText, hexUpTo, PointText, Uint64Text } from "./schemas.ts";
import type { ShareRequest } from "./shareRequest.ts";
import { MAX_SIGNATURE_BYTES } from "./signature.ts";

/** Longest typed context. D-44. */
export const MAX_CONTEXT_BYTES = 4096;
const MAX_CID_BYTES = 128;

/** Body of POST /v1/share-requests. */
export const ShareRequestBody = exactly({
  /** The header of the version that is asked for: keepers need not have seen it. */
  header: HeaderText,
  request: exactly({
    document: Hash32Text,
    headerHash: Hash32Text,
    requester: AddressText,
    readerKey: PointText,
    contextHash: Hash32Text,
    nonce: Hash32Text,
    deadline: Uint64Text,
  }),
  signature: hexUpTo(MAX_SIGNATURE_BYTES),
  /** What contextHash is the hash of. */
  context: Type.Optional(hexUpTo(MAX_CONTEXT_BYTES)),
  /** The owner's statement that an unpublished header is theirs: D-24. */
  ownerStatement: Type.Optional(exactly({ cid: hexUpTo(MAX_CID_BYTES), signature: hexUpTo(MAX_SIGNATURE_BYTES) })),
  /** Leave to ask in the owner's or reader's name: D-44. Version 1 keepers that do not know its form refuse it. */
  delegation: Type.Optional(hexUpTo(MAX_DELEGATION_BYTES)),
  /** The epoch to answer in; without it, the one in which the key is active for the keeper. Not signed: PROTOCOL section 3.9. */
  epoch: Type.Optional(Epoch),
});
export type ShareRequestBody = Static<typeof ShareRequestBody>;

/** A share request as a keeper receives it. */
export type SignedShareRequest = {
  readonly header: DocumentHeader;
  readonly request: ShareRequest;
  /** Up to `MAX_SIGNATURE_BYTES`; not verified yet. */
  readonly signature: Uint8Array;
  readonly context?: Uint8Array;
  readonly ownerStatement?: { readonly cid: Uint8Array; readonly signature: Uint8Array };
  readonly delegation?: Uint8Array;
  readonly epoch?: number;
};

/** Writes the body. */
export const encodeShareRequestBody = ({
  header,
  request,
  signature,
  context,
  ownerStatement,
  delegation,
  epoch,
}: SignedShareRequest): ShareRequestBody => ({
  header: bytesToHex(encodeHeader(header)),
  request: {
    document: request.document,
    headerHash: request.headerHash,
    requester: request.requester,
    readerKey: bytesToHex(request.readerKey),
    contextHash: request.contextHash,
    nonce: request.nonce,
    deadline: request.deadline.toString(),
  },
  signature: bytesToHex(signature),
  ...(context === undefined ? {} : { context: bytesToHex(context) }),
  ...(ownerStatement === undefined
    ? {}
    : { ownerStatement: { cid: bytesToHex(ownerStatement.cid), signature: bytesToHex(ownerStatement.signature) } }),
  ...(delegation === undefined ? {} : { delegation: bytesToHex(delegation) }),
  ...(epoch === undefined ? {} : { epoch }),
});

/**
 * Reads a body: form, points and ranges, that the header is the one the request names, and that a context hashes to contextHash.
 * Signature, deadline, header proof, chain and permission are the keeper's to check.
 *
 * Throws `INVALID_REQUEST` or `INVALID_HEADER` with the field in `details.field`.
 * @param readHeader by default `parseHeader` of the bytes: for who remembers what it has read
 */
export const parseShareRequestBody = (
  value: unknown,
  readHeader: (hex: string) => DocumentHeader = parseHeaderText,
): SignedShareRequest => {
  const body = checkSchema(ShareRequestBody, value, "INVALID_REQUEST");
  const header = readHeader(body.header);
  const request = parseRequest(body.request);
  if (header.document !== request.document) throw foreignHeader("request.document");
  if (headerHashOf(header) !== request.headerHash) throw foreignHeader("request.headerHash");
  const context = body.context === undefined ? undefined : hexToBytes(body.context);
  if (context !== undefined && bytesToHex(keccak_256(context)) !== request.contextHash) {
    throw new KeyquorumError("INVALID_REQUEST", "The context does not hash to request.contextHash.", { details: { field: "context" } });
  }
  return {
    header,
    request,
    signature: hexToBytes(body.signature),
    ...(context === undefined ? {} : { context }),
    ...(body.ownerStatement === undefined
      ? {}
      : { ownerStatement: { cid: hexToBytes(body.ownerStatement.cid), signature: hexToBytes(body.ownerStatement.signature) } }),
    ...(body.delegation === undefined ? {} : { delegation: hexToBytes(body.delegation) }),
    ...(body.epoch === undefined ? {} : { epoch: body.epoch }),
  };
};

/** Reads a header as bodies have it, in hex. Throws `INVALID_HEADER`, `INVALID_VALUE`. */
export const parseHeaderText = (hex: string): DocumentHeader => parseHeader(hexToBytes(hex));

const parseRequest = (body: ShareRequestBody["request"]): ShareRequest => {
  const readerKey = hexToBytes(body.readerKey, 33);
  checkField("request.readerKey", "INVALID_REQUEST", () => parsePoint(readerKey)); // D-10: also x < n
  const deadline = BigInt(body.deadline);
  if (deadline >> 64n !== 0n) {
    throw new KeyquorumError("INVALID_REQUEST", "The field request.deadline has more than 64 bits.", {
      details: { field: "request.deadline" },
    });
  }
  return {
    document: parseDocumentId(body.document),
    headerHash: parseHash32(body.headerHash),
    requester: parseAddress(body.requester),
    readerKey,
    contextHash: parseHash32(body.contextHash),
    nonce: parseHash32(body.nonce),
    deadline,
  };
};

const foreignHeader = (field: string): KeyquorumError =>
  new KeyquorumError("INVALID_HEADER", `The header is not the one that ${field} names.`, { details: { field } });
