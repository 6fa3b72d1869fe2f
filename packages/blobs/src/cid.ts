import { KeyquorumError } from "@keyquorum/wire";
import { base32 } from "multiformats/bases/base32";

declare const cid: unique symbol;

/** A content id: CID version 1, sha2-256, raw or dag-pb, in lower-case base32. 59 characters. Public. */
export type Cid = string & { readonly [cid]: true };

/** Bytes of a content id as the registry stores it: 4 of prefix, 32 of hash. */
export const CID_BYTES = 36;

/** The codes of multicodec that our content ids have. */
export const RAW = 0x55;
export const DAG_PB = 0x70;
export const SHA2_256 = 0x12;

/** Reads a content id. One content has one spelling. Throws `INVALID_CID`. */
export const parseCid = (text: unknown): Cid => {
  if (typeof text !== "string" || !/^b[a-z2-7]{58}$/.test(text)) throw invalidCid("it is not 59 characters of lower-case base32");
  const parsed = cidFromBytes(decode(text));
  if (parsed !== text) throw invalidCid("it is not spelt canonically");
  return parsed;
};

/** Reads the bytes that the registry stores: exactly 36. Throws `INVALID_CID`. */
export const cidFromBytes = (bytes: Uint8Array): Cid => {
  if (!(bytes instanceof Uint8Array) || bytes.length !== CID_BYTES) throw invalidCid(`it does not have ${CID_BYTES} bytes`);
  const [version, codec, hash, length] = bytes; // each is a varint of one byte
  if (version !== 1) throw invalidCid("it is not of version 1");
  if (codec !== RAW && codec !== DAG_PB) throw invalidCid("it is neither raw nor dag-pb");
  if (hash !== SHA2_256 || length !== 32) throw invalidCid("its hash is not sha2-256");
  return base32.encode(bytes) as Cid;
};

/** The bytes of a content id, for the registry. Throws `INVALID_CID`. */
export const cidToBytes = (text: string): Uint8Array => base32.decode(parseCid(text));

export const invalidCid = (reason: string, cause?: unknown): KeyquorumError =>
  new KeyquorumError("INVALID_CID", `The content id is refused: ${reason}.`, { details: { reason }, cause });

const decode = (text: string): Uint8Array => {
  try {
    return base32.decode(text);
  } catch (cause) {
    throw invalidCid("it cannot be decoded", cause);
  }
};
