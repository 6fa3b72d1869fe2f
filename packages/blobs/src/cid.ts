import * as dagPb from "@ipld/dag-pb";
import { KeyquorumError } from "@keyquorum/wire";
import { base32 } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { create as createDigest } from "multiformats/hashes/digest";
import type { MultihashDigest } from "multiformats/hashes/interface";

declare const cid: unique symbol;

/** A content id: CID version 1, sha2-256, raw or dag-pb, in lower-case base32. 59 characters. Public. */
export type Cid = string & { readonly [cid]: true };

/** Bytes of a content id as the registry stores it: 4 of prefix, 32 of hash. */
export const CID_BYTES = 36;

const SHA2_256 = 0x12;
const CODECS: readonly number[] = [raw.code, dagPb.code];

/** Reads a content id. One content has one spelling. Throws `INVALID_CID`. */
export const parseCid = (text: unknown): Cid => {
  if (typeof text !== "string" || !/^b[a-z2-7]{58}$/.test(text)) throw invalid("it is not 59 characters of lower-case base32");
  const bytes = decode(() => base32.decode(text));
  const parsed = cidFromBytes(bytes);
  if (parsed !== text) throw invalid("it is not spelt canonically");
  return parsed;
};

/** Reads the bytes that the registry stores: exactly 36. Throws `INVALID_CID`. */
export const cidFromBytes = (bytes: Uint8Array): Cid => {
  if (!(bytes instanceof Uint8Array) || bytes.length !== CID_BYTES) throw invalid(`it does not have ${CID_BYTES} bytes`);
  const decoded = decode(() => CID.decode(bytes));
  checkBlockCid(decoded);
  return textOf(decoded);
};

/** The bytes of a content id, for the registry. Throws `INVALID_CID`. */
export const cidToBytes = (text: string): Uint8Array => base32.decode(parseCid(text));

/** The content id as the IPLD libraries have it. */
export const toIpldCid = (text: Cid): CID => CID.decode(base32.decode(text));

/** The canonical spelling. */
export const textOf = (value: CID): Cid => base32.encode(value.bytes) as Cid;

/** Refuses links that a store must not follow: other versions, codecs and hashes (identity links carry unhashed data). Throws `INVALID_CID`. */
export const checkBlockCid = (value: CID): void => {
  if (value.version !== 1) throw invalid("it is not of version 1");
  if (!CODECS.includes(value.code)) throw invalid("it is neither raw nor dag-pb");
  if (value.multihash.code !== SHA2_256 || value.multihash.digest.length !== 32) throw invalid("its hash is not sha2-256");
};

/** Whether these bytes are the block that the content id names. */
export const isBlock = async (value: CID, bytes: Uint8Array): Promise<boolean> => {
  const { digest } = await sha256Of(bytes);
  return value.multihash.digest.every((byte, i) => byte === digest[i]);
};

/** By WebCrypto: in Node it hashes on another thread, in browsers natively. */
export const sha256Of = async (bytes: Uint8Array): Promise<MultihashDigest<typeof SHA2_256>> => {
  const owned = bytes as Uint8Array<ArrayBuffer>; // shared memory is refused by WebCrypto itself
  return createDigest(SHA2_256, new Uint8Array(await crypto.subtle.digest("SHA-256", owned)));
};

/** Names a block by its hash alone: raw and dag-pb content ids of the same bytes are one block. */
export const blockKey = (value: CID): string => base32.encode(value.multihash.bytes);

const decode = <T>(read: () => T): T => {
  try {
    return read();
  } catch (cause) {
    throw invalid("it cannot be decoded", cause);
  }
};

const invalid = (reason: string, cause?: unknown): KeyquorumError =>
  new KeyquorumError("INVALID_CID", `The content id is refused: ${reason}.`, { details: { reason }, cause });
