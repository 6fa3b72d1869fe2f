import { keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { type SigningDomain, type TypedDomain, type TypedField, typedDigest, typedDomainOf, typeHashOf } from "./eip712.ts";
import { bytesToHex, type Hex, hexToBytes } from "./hex.ts";
import type { Address, DocumentId, Hash32, RequestId } from "./ids.ts";

/** What a reader signs to ask for shares by HTTP. PROTOCOL section 5.1. */
export type ShareRequest = {
  readonly document: DocumentId;
  readonly headerHash: Hash32;
  readonly requester: Address;
  /** X, compressed: 33 bytes. Its secret stays with the reader. */
  readonly readerKey: Uint8Array;
  /** keccak of a typed context, or zero. */
  readonly contextHash: Hash32;
  /** Fresh and random: makes the request's id its own. */
  readonly nonce: Hash32;
  /** Seconds since 1970; at most 600 ahead. */
  readonly deadline: bigint;
};

/** The longest a deadline may lie ahead, in seconds. */
export const MAX_DEADLINE_SECONDS = 600;
/** How long after its deadline a keeper remembers a request, in seconds. */
export const REMEMBER_AFTER_DEADLINE_SECONDS = 120;

const FIELDS = [
  { name: "document", type: "bytes32" },
  { name: "headerHash", type: "bytes32" },
  { name: "requester", type: "address" },
  { name: "readerKey", type: "bytes" },
  { name: "contextHash", type: "bytes32" },
  { name: "nonce", type: "bytes32" },
  { name: "deadline", type: "uint64" },
] as const satisfies readonly TypedField[];

const TYPE_HASH = typeHashOf("ShareRequest", FIELDS);

/** What `signer.signTypedData(domain, types, message)` of ethers takes. */
export type ShareRequestTypedData = {
  readonly domain: TypedDomain;
  readonly types: { ShareRequest: TypedField[] };
  readonly primaryType: "ShareRequest";
  readonly message: Omit<ShareRequest, "readerKey"> & { readonly readerKey: Hex };
};

/** The request as a wallet signs it. */
export const shareRequestTypedData = (domain: SigningDomain, request: ShareRequest): ShareRequestTypedData => ({
  domain: typedDomainOf(domain),
  types: { ShareRequest: FIELDS.map((field) => ({ ...field })) },
  primaryType: "ShareRequest",
  message: {
    document: request.document,
    headerHash: request.headerHash,
    requester: request.requester,
    readerKey: bytesToHex(request.readerKey),
    contextHash: request.contextHash,
    nonce: request.nonce,
    deadline: request.deadline,
  },
});

/** The request's id: its EIP-712 digest. */
export const shareRequestDigest = (domain: SigningDomain, request: ShareRequest): RequestId =>
  typedDigest(
    domain,
    keccakWords(
      TYPE_HASH,
      hexToBytes(request.document, 32),
      hexToBytes(request.headerHash, 32),
      hexToBytes(request.requester, 20),
      keccak_256(request.readerKey),
      hexToBytes(request.contextHash, 32),
      hexToBytes(request.nonce, 32),
      request.deadline,
    ),
  ) as RequestId;
