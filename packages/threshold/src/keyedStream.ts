import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { RandomSource } from "./random.ts";

const TAG = "keyquorum/v1/nonces";

/** Big-endian, of a value that fits. */
export const uint = (value: bigint, bytes: number): Uint8Array => {
  const out = new Uint8Array(bytes);
  for (let i = bytes - 1, rest = value; i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 0xffn);
  return out;
};

/** Four bytes of length, then the bytes: no two lists of parts are framed alike. */
const framed = (parts: readonly Uint8Array[]): Uint8Array => concatBytes(...parts.flatMap((part) => [uint(BigInt(part.length), 4), part]));

/**
 * An endless stream of bytes from a secret key and the parts that say what it is for: seed = HMAC-SHA256(key, framed(tag, parts)), block i =
 * HMAC-SHA256(seed, i). Whoever knows neither the key nor all parts cannot tell it from random bytes. PROTOCOL section 1.5.
 */
export function keyedStream(key: Uint8Array, parts: readonly Uint8Array[]): RandomSource {
  const seed = hmac(sha256, key, framed([utf8ToBytes(TAG), ...parts]));
  let block = new Uint8Array(0);
  let counter = 0n;
  return (length) => {
    const out = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      if (block.length === 0) block = Uint8Array.from(hmac(sha256, seed, uint(counter++, 8)));
      const taken = block.subarray(0, length - filled);
      out.set(taken, filled);
      filled += taken.length;
      block = block.subarray(taken.length);
    }
    return out;
  };
}
