import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";

/**
 * Candidates for the nonce of an ECDSA signature, 32 bytes each, by RFC 6979 section 3.2 with HMAC-SHA-256; the caller takes the first in 1..n-1 that
 * gives a signature. `secret` is the key and `reducedDigest` the digest modulo n, 32 bytes each. Secret: the caller erases each candidate.
 */
export function* nonceCandidates(secret: Uint8Array, reducedDigest: Uint8Array): Generator<Uint8Array, never> {
  let key: Uint8Array = new Uint8Array(32);
  let value: Uint8Array = new Uint8Array(32).fill(1);
  const absorb = (tag: number, ...data: readonly Uint8Array[]): void => {
    const message = concatBytes(value, Uint8Array.of(tag), ...data);
    const [oldKey, oldValue] = [key, value];
    key = hmac(sha256, oldKey, message);
    value = hmac(sha256, key, oldValue);
    for (const bytes of [message, oldKey, oldValue]) bytes.fill(0);
  };
  try {
    absorb(0, secret, reducedDigest);
    absorb(1, secret, reducedDigest);
    for (;;) {
      value = hmac(sha256, key, value);
      yield Uint8Array.from(value);
      absorb(0);
    }
  } finally {
    key.fill(0);
    value.fill(0);
  }
}
