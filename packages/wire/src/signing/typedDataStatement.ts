import { keccak_256 } from "@noble/hashes/sha3.js";
import { hexToBytes } from "../hex.ts";
import type { Hash32 } from "../ids.ts";
import { assertSameBytes, bytesTail, encodeTuple, joinBytes, readTuple } from "./abiTuple.ts";

/** Typed data (EIP-712): the hash of its domain, and the structure as it is hashed: its type's hash and one word for each field. */
export type TypedDataStatement = { readonly domainSeparator: Hash32; readonly encodedStruct: Uint8Array };

export const encodeTypedData = ({ domainSeparator, encodedStruct }: TypedDataStatement): Uint8Array =>
  encodeTuple([hexToBytes(domainSeparator, 32), bytesTail(encodedStruct)]);

/** `keccak(19 01 || domain separator || keccak(structure))`. Throws INVALID_VALUE. */
export const typedDataHash = (payload: Uint8Array): Uint8Array => {
  const tuple = readTuple(payload);
  const [separator, struct] = [tuple.word(0), tuple.bytes(1)];
  assertSameBytes(payload, encodeTuple([separator, bytesTail(struct)]));
  return typedHash(separator, keccak_256(struct));
};

/** keccak(19 01 || domain separator || hash of the structure). EIP-712. */
export const typedHash = (separator: Uint8Array, structHash: Uint8Array): Uint8Array =>
  keccak_256(joinBytes([Uint8Array.of(0x19, 0x01), separator, structHash]));
