import {
  DOMAINS,
  encodePoint,
  encodeScalar,
  keccakWords,
  type Point,
  parsePoint,
  parseScalar,
  type Tdh2Ciphertext,
  ThresholdError,
  verifyCiphertext,
} from "@keyquorum/threshold";
import { KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { type Address, type DocumentId, type Hash32, type KeyId, parseAddress, parseDocumentId, parseHash32, parseKeyId } from "./ids.ts";
import { documentIdOf, labelOf } from "./names.ts";

/** Length of an encoded header in bytes. */
export const HEADER_BYTES = 318;

/** What is public about one version of a document: whose it is, who may be asked about it, and the TDH2 ciphertext of its content secret. */
export type DocumentHeader = {
  readonly chainId: bigint;
  readonly documentRegistry: Address;
  readonly keyId: KeyId;
  readonly document: DocumentId;
  readonly owner: Address;
  readonly salt: Hash32;
  readonly initialPermissions: Address;
  readonly ciphertext: Tdh2Ciphertext;
};

/** Writes the 318 bytes of PROTOCOL section 4.3. */
export const encodeHeader = (header: DocumentHeader): Uint8Array => {
  const { ciphertext } = header;
  const parts = [
    encodeWord(header.chainId),
    hexToBytes(header.documentRegistry, 20),
    hexToBytes(header.keyId, 32),
    hexToBytes(header.document, 32),
    hexToBytes(header.owner, 20),
    hexToBytes(header.salt, 32),
    hexToBytes(header.initialPermissions, 20),
    encodePoint(ciphertext.u),
    encodePoint(ciphertext.uBar),
    encodeScalar(ciphertext.e),
    encodeScalar(ciphertext.f),
  ];
  const bytes = new Uint8Array(HEADER_BYTES);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
};

/**
 * Reads a header, frozen: exact length, strict points, e and f in 1..n-1. It does not verify the proof: `verifyHeader` does.
 * Throws `INVALID_HEADER`.
 */
export const parseHeader = (bytes: Uint8Array): DocumentHeader => {
  if (!(bytes instanceof Uint8Array) || bytes.length !== HEADER_BYTES) {
    throw new KeyquorumError("INVALID_HEADER", `A header has ${HEADER_BYTES} bytes.`, { details: { expectedBytes: HEADER_BYTES } });
  }
  let offset = 0;
  const take = (length: number): Uint8Array => {
    offset += length;
    return bytes.slice(offset - length, offset);
  };
  return Object.freeze({
    chainId: BigInt(bytesToHex(take(32))),
    documentRegistry: parseAddress(bytesToHex(take(20))),
    keyId: parseKeyId(bytesToHex(take(32))),
    document: parseDocumentId(bytesToHex(take(32))),
    owner: parseAddress(bytesToHex(take(20))),
    salt: parseHash32(bytesToHex(take(32))),
    initialPermissions: parseAddress(bytesToHex(take(20))),
    ciphertext: Object.freeze({
      u: refuse("u", () => parsePoint(take(33))),
      uBar: refuse("uBar", () => parsePoint(take(33))),
      e: refuse("e", () => parseChallenge(take(32))),
      f: refuse("f", () => parseChallenge(take(32))),
    }),
  });
};

/** The part of a header's hash that comes after U, as contracts take it. PROTOCOL section 4.3. */
export const headerRestOf = (header: DocumentHeader): Hash32 =>
  bytesToHex(
    keccakWords(
      DOMAINS.header,
      1,
      header.chainId,
      hexToBytes(header.documentRegistry, 20),
      hexToBytes(header.keyId, 32),
      hexToBytes(header.document, 32),
      hexToBytes(header.owner, 20),
      hexToBytes(header.salt, 32),
      hexToBytes(header.initialPermissions, 20),
      header.ciphertext.uBar,
      header.ciphertext.e,
      header.ciphertext.f,
    ),
  ) as Hash32;

/** Names one version of a document: everything after encryption refers to it. PROTOCOL section 4.3. */
export const headerHashOf = (header: DocumentHeader): Hash32 => {
  const known = hashes.get(header);
  if (known !== undefined) return known;
  const hash = bytesToHex(keccakWords(header.ciphertext.u, hexToBytes(headerRestOf(header), 32))) as Hash32;
  if (Object.isFrozen(header) && Object.isFrozen(header.ciphertext)) hashes.set(header, hash);
  return hash;
};

/** Of frozen headers, as `parseHeader` makes them: they stay what they are. */
const hashes = new WeakMap<DocumentHeader, Hash32>();

/** The label of this header's document: 32 bytes. PROTOCOL section 4.1. */
export const headerLabelOf = (header: DocumentHeader): Uint8Array => labelOf(header);

/**
 * Whether the header is honest: its document is its owner's, and its proof holds for this label under the key.
 * A keeper asks this before it uses its share; who asks still has to compare chain, registry and key id with its own. PROTOCOL sections 4.1, 4.2.
 */
export const verifyHeader = (header: DocumentHeader, publicKey: Point): boolean =>
  header.document === documentIdOf(header.owner, header.salt) &&
  verifyCiphertext({ publicKey, label: headerLabelOf(header) }, header.ciphertext);

/** A challenge or response: 1..n-1. PROTOCOL section 1.2. */
const parseChallenge = (bytes: Uint8Array): bigint => {
  const scalar = parseScalar(bytes);
  if (scalar === 0n) throw new KeyquorumError("INVALID_VALUE", "A challenge or response is zero.");
  return scalar;
};

const refuse = <T>(field: string, parse: () => T): T => {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof ThresholdError || cause instanceof KeyquorumError)) throw cause;
    throw new KeyquorumError("INVALID_HEADER", `The header's field ${field} is not valid.`, { details: { field }, cause });
  }
};

const encodeWord = (value: bigint): Uint8Array => {
  if (typeof value !== "bigint" || value < 0n || value >> 256n !== 0n) {
    throw new KeyquorumError("INVALID_VALUE", "A chain id is a whole number of at most 256 bits.", { details: { what: "chainId" } });
  }
  return hexToBytes(`0x${value.toString(16).padStart(64, "0")}`, 32);
};
