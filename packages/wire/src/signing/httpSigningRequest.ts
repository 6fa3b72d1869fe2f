import { keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { checkField, checkSchema } from "../checkSchema.ts";
import { type TypedDomain, type TypedField, typedDigest, typedDomainOf, typeHashOf } from "../eip712.ts";
import { ErrorBody } from "../errorBody.ts";
import { type ErrorCode, KeyquorumError } from "../errorCodes.ts";
import { bytesToHex, type Hex, hexToBytes } from "../hex.ts";
import { type Address, type Hash32, parseAddress, parseHash32, parseKeyId } from "../ids.ts";
import { type Static, Type } from "../jsonSchema.ts";
import { AddressText, exactly, Hash32Text, hexOf, hexUpTo, Uint64Text } from "../schemas.ts";
import { MAX_SIGNATURE_BYTES } from "../signature.ts";
import { kindNumber, kindOfNumber, type SigningRequestsDomain, STATEMENT_KINDS, type Statement, statementDigest } from "./statement.ts";

/** What a requester signs to have a key sign without a transaction. PROTOCOL section 9. */
export type HttpSigningRequest = {
  readonly statement: Statement;
  readonly requester: Address;
  /** Fresh and random: makes the request's id its own. */
  readonly nonce: Hash32;
  /** Seconds since 1970; at most 600 ahead. */
  readonly deadline: bigint;
};

const FIELDS = [
  { name: "keyId", type: "bytes32" },
  { name: "derivation", type: "bytes32" },
  { name: "kind", type: "uint8" },
  { name: "payload", type: "bytes" },
  { name: "requester", type: "address" },
  { name: "nonce", type: "bytes32" },
  { name: "deadline", type: "uint64" },
] as const satisfies readonly TypedField[];

const TYPE_HASH = typeHashOf("SigningRequest", FIELDS);

/** What `signer.signTypedData(domain, types, message)` of ethers takes. */
export type SigningRequestTypedData = {
  readonly domain: TypedDomain;
  readonly types: { SigningRequest: TypedField[] };
  readonly primaryType: "SigningRequest";
  readonly message: {
    readonly keyId: Hash32;
    readonly derivation: Hash32;
    readonly kind: number;
    readonly payload: Hex;
    readonly requester: Address;
    readonly nonce: Hash32;
    readonly deadline: bigint;
  };
};

const typedOf = ({ chainId, signingRequests }: SigningRequestsDomain) => ({ chainId, shareRequests: signingRequests });

/** The request as a wallet signs it; the domain's contract is SigningRequests. */
export const signingRequestTypedData = (
  domain: SigningRequestsDomain,
  { statement, requester, nonce, deadline }: HttpSigningRequest,
): SigningRequestTypedData => ({
  domain: typedDomainOf(typedOf(domain)),
  types: { SigningRequest: FIELDS.map((field) => ({ ...field })) },
  primaryType: "SigningRequest",
  message: {
    keyId: statement.keyId,
    derivation: statement.derivation,
    kind: kindNumber(statement.kind),
    payload: bytesToHex(statement.payload),
    ...{ requester, nonce, deadline },
  },
});

/** The request's id: its EIP-712 digest. */
export const signingRequestDigest = (
  domain: SigningRequestsDomain,
  { statement, requester, nonce, deadline }: HttpSigningRequest,
): Hash32 =>
  typedDigest(
    typedOf(domain),
    keccakWords(
      TYPE_HASH,
      hexToBytes(statement.keyId, 32),
      hexToBytes(statement.derivation, 32),
      kindNumber(statement.kind),
      keccak_256(statement.payload),
      hexToBytes(requester, 20),
      hexToBytes(nonce, 32),
      deadline,
    ),
  );

/** Longest payload of a request by HTTP, in bytes: with the longest signature it fits into a message between keepers. */
export const MAX_HTTP_PAYLOAD_BYTES = 24_576;

/** Body of POST /v1/signing/requests, and what the keeper that takes it shows the others. */
export const HttpSigningRequestBody = exactly({
  request: exactly({
    keyId: Hash32Text,
    derivation: Hash32Text,
    kind: Type.Integer({ minimum: 0, maximum: STATEMENT_KINDS.length - 1 }),
    payload: hexUpTo(MAX_HTTP_PAYLOAD_BYTES),
    requester: AddressText,
    nonce: Hash32Text,
    deadline: Uint64Text,
  }),
  signature: hexUpTo(MAX_SIGNATURE_BYTES),
});
export type HttpSigningRequestBody = Static<typeof HttpSigningRequestBody>;

/** A request as it came, with the requester's signature, which is not verified yet. */
export type SignedHttpSigningRequest = { readonly request: HttpSigningRequest; readonly signature: Uint8Array };

export const encodeHttpSigningRequest = ({ request, signature }: SignedHttpSigningRequest): HttpSigningRequestBody => ({
  request: {
    keyId: request.statement.keyId,
    derivation: request.statement.derivation,
    kind: kindNumber(request.statement.kind),
    payload: bytesToHex(request.statement.payload),
    requester: request.requester,
    nonce: request.nonce,
    deadline: request.deadline.toString(),
  },
  signature: bytesToHex(signature),
});

/**
 * Reads a body: form and ranges, and that the payload is one of its kind. Signature, deadline, key, rules and chain are the keeper's to check. Throws
 * `INVALID_REQUEST` with the field in `details.field`.
 */
export const parseHttpSigningRequest = (value: unknown): SignedHttpSigningRequest =>
  readHttpSigningRequest(checkSchema(HttpSigningRequestBody, value, "INVALID_REQUEST"));

/** The same of a body whose form was checked before. */
export const readHttpSigningRequest = ({ request, signature }: HttpSigningRequestBody): SignedHttpSigningRequest => {
  const statement: Statement = {
    keyId: parseKeyId(request.keyId),
    derivation: parseHash32(request.derivation),
    kind: kindOfNumber(request.kind),
    payload: hexToBytes(request.payload),
  };
  checkField("request.payload", "INVALID_REQUEST", () => statementDigest(statement));
  const deadline = uint64(request.deadline, "request.deadline", "INVALID_REQUEST");
  return {
    request: { statement, requester: parseAddress(request.requester), nonce: parseHash32(request.nonce), deadline },
    signature: hexToBytes(signature),
  };
};

const uint64 = (text: string, field: string, code: ErrorCode): bigint => {
  const value = BigInt(text);
  if (value >> 64n === 0n) return value;
  throw new KeyquorumError(code, `The field ${field} has more than 64 bits.`, { details: { field } });
};

/** Answer of POST /v1/signing/requests: the signature, 64 bytes (c, z) of a Schnorr key, 65 bytes (r, s, v) of an ECDSA key. */
export const SignatureBody = exactly({ requestId: Hash32Text, digest: Hash32Text, signature: Type.Union([hexOf(64), hexOf(65)]) });
export type SignatureBody = Static<typeof SignatureBody>;

/** A requester has a key sign without a transaction; the keeper that is asked coordinates. */
export const SIGNING_REQUEST_ROUTE = {
  method: "POST",
  path: "/v1/signing/requests",
  body: HttpSigningRequestBody,
  responses: { 200: SignatureBody, "4xx": ErrorBody, "5xx": ErrorBody },
} as const;

/** A signature that keepers made. Whether it verifies, the receiver checks. */
export type GivenSignature = { readonly requestId: Hash32; readonly digest: Hash32; readonly signature: Uint8Array };

export const encodeSignatureBody = ({ requestId, digest, signature }: GivenSignature): SignatureBody => ({
  ...{ requestId, digest },
  signature: bytesToHex(signature),
});

/** Throws BAD_ANSWER. */
export const parseSignatureBody = (value: unknown): GivenSignature => {
  const { requestId, digest, signature } = checkSchema(SignatureBody, value, "BAD_ANSWER");
  return { requestId: parseHash32(requestId), digest: parseHash32(digest), signature: hexToBytes(signature) };
};
