import { base32 } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import type { MultihashDigest } from "multiformats/hashes/interface";
import { type Cid, cidToBytes, DAG_PB, invalidCid, RAW, SHA2_256 } from "./cid.ts";

/** The content id as the IPLD libraries have it. Throws `INVALID_CID`. */
export const toIpldCid = (text: Cid): CID => CID.decode(cidToBytes(text));

/** The canonical spelling. */
export const textOf = (value: CID): Cid => base32.encode(value.bytes) as Cid;

/** Refuses links that a store must not follow: other versions, codecs and hashes (identity links carry unhashed data). Throws `INVALID_CID`. */
export const checkBlockCid = (value: CID): void => {
  if (value.version !== 1) throw invalidCid("it is not of version 1");
  if (value.code !== RAW && value.code !== DAG_PB) throw invalidCid("it is neither raw nor dag-pb");
  if (value.multihash.code !== SHA2_256 || value.multihash.digest.length !== 32) throw invalidCid("its hash is not sha2-256");
};

/** Whether these bytes are the block that the content id names. */
export const isBlock = async (value: CID, bytes: Uint8Array): Promise<boolean> => {
  const { digest } = await sha256Of(bytes);
  return value.multihash.digest.every((byte, i) => byte === digest[i]);
};

/** In Node by its own hash, at once: WebCrypto copies the block and hands it to another thread, which costs as much as hashing it. Elsewhere by WebCrypto. */
export const sha256Of = async (bytes: Uint8Array): Promise<MultihashDigest<typeof SHA2_256>> =>
  createDigest(SHA2_256, await digestOf(bytes));

const nodeCrypto = globalThis.process?.getBuiltinModule?.("node:crypto");

const digestOf = async (bytes: Uint8Array): Promise<Uint8Array> =>
  nodeCrypto?.createHash("sha256").update(bytes).digest() ??
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)); // shared memory is refused by WebCrypto itself

/** Names a block by its hash alone: raw and dag-pb content ids of the same bytes are one block. */
export const blockKey = (value: CID): string => base32.encode(value.multihash.bytes);
