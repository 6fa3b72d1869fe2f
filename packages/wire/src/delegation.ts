import { DELEGATION_FIXED_BYTES, MAX_DELEGATION_BYTES, MAX_SESSION_DOCUMENTS } from "./delegationSize.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { type Address, type DocumentId, parseAddress, parseDocumentId, ZERO_ADDRESS } from "./ids.ts";
import type { ReadingSession, SessionScope } from "./readingSession.ts";
import { MAX_SIGNATURE_BYTES } from "./signature.ts";

/** A session and its requester's signature: 65 bytes of an account, or what a contract account takes (ERC-1271, ERC-6492), which may be empty. Not verified yet. */
export type SignedReadingSession = { readonly session: ReadingSession; readonly signature: Uint8Array };

const VERSION = 1;
const DOCUMENTS = 0;
const OWNER = 1;

/**
 * Writes a signed session for `ShareRequestBody.delegation`: version 1, requester 20, session key 20, since 8, until 8, generation 8; then 0, the
 * number of documents and each one's 32 bytes, or 1 and the owner's 20; the signature is the rest. Integers big-endian. PROTOCOL section 5.6.
 * Throws `INVALID_VALUE` for what `parseDelegation` would refuse.
 */
export const encodeDelegation = ({ session, signature }: SignedReadingSession): Uint8Array => {
  const { scope } = session;
  const names = scope.kind === "documents" ? scope.documents : [];
  if (names.length > MAX_SESSION_DOCUMENTS || (scope.kind === "documents" && names.length === 0) || new Set(names).size < names.length)
    throw refusal("INVALID_VALUE", "documents", `a session names 1 to ${MAX_SESSION_DOCUMENTS} documents, each once`);
  const parts = [
    Uint8Array.of(VERSION),
    hexToBytes(session.requester, 20),
    hexToBytes(session.sessionKey, 20),
    uint64(session.since, "since"),
    uint64(session.until, "until"),
    uint64(session.generation, "generation"),
    ...(scope.kind === "documents"
      ? [Uint8Array.of(DOCUMENTS, scope.documents.length), ...scope.documents.map((document) => hexToBytes(document, 32))]
      : [Uint8Array.of(OWNER), hexToBytes(scope.owner, 20)]),
    signature,
  ];
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  parse(bytes, "INVALID_VALUE");
  return bytes;
};

/**
 * Reads what `encodeDelegation` wrote: every value has one encoding and every encoding one value. Who signed, when the session is valid and what it
 * covers is the keeper's to check. Throws `INVALID_REQUEST` with `details.field` = "delegation" or a field of it.
 */
export const parseDelegation = (bytes: Uint8Array): SignedReadingSession => parse(bytes, "INVALID_REQUEST");

type Code = "INVALID_VALUE" | "INVALID_REQUEST";

const parse = (bytes: Uint8Array, code: Code): SignedReadingSession => {
  if (!(bytes instanceof Uint8Array) || bytes.length > MAX_DELEGATION_BYTES || bytes[0] !== VERSION) throw refusal(code);
  let at = 1;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw refusal(code);
    at += length;
    return bytes.slice(at - length, at);
  };
  const takeAddress = (): Address => parseAddress(bytesToHex(take(20)));
  const takeInteger = (length: number): bigint => BigInt(bytesToHex(take(length)));

  if (bytes.length < DELEGATION_FIXED_BYTES) throw refusal(code);
  const [requester, sessionKey] = [takeAddress(), takeAddress()];
  const [since, until, generation] = [takeInteger(8), takeInteger(8), takeInteger(8)];
  const takeDocuments = (): SessionScope => {
    const count = Number(takeInteger(1));
    if (count === 0 || count > MAX_SESSION_DOCUMENTS) throw refusal(code, "documents");
    const documents: DocumentId[] = Array.from({ length: count }, () => parseDocumentId(bytesToHex(take(32))));
    if (new Set(documents).size !== count) throw refusal(code, "documents");
    return { kind: "documents", documents };
  };
  const takeOwner = (): SessionScope => {
    const owner = takeAddress();
    if (owner === ZERO_ADDRESS) throw refusal(code, "owner");
    return { kind: "owner", owner };
  };
  const kind = take(1)[0];
  if (kind !== DOCUMENTS && kind !== OWNER) throw refusal(code, "scope");
  const scope = kind === DOCUMENTS ? takeDocuments() : takeOwner();
  const signature = bytes.slice(at);
  if (signature.length > MAX_SIGNATURE_BYTES) throw refusal(code, "signature", `at most ${MAX_SIGNATURE_BYTES} bytes are taken`);
  return { session: { requester, sessionKey, scope, since, until, generation }, signature };
};

const refusal = (code: Code, field?: string, rule = ""): KeyquorumError => {
  const name = field === undefined ? "delegation" : `delegation.${field}`;
  const why = rule === "" ? "" : `: ${rule}`;
  return new KeyquorumError(code, `The field ${name} is not what version 1 allows${why}.`, { details: { field: name } });
};

const uint64 = (value: bigint, field: string): Uint8Array => {
  if (typeof value !== "bigint" || value < 0n || value >> 64n !== 0n) throw refusal("INVALID_VALUE", field);
  return hexToBytes(`0x${value.toString(16).padStart(16, "0")}`, 8);
};
