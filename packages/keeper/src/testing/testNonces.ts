import { createNonceSource, type NonceSource, secureRandom } from "@keyquorum/threshold";

/** A keeper's source of nonces, in its first life. Tests only. */
export const testNonces = (random = secureRandom, key: Uint8Array = secureRandom(32)): NonceSource =>
  createNonceSource({ key, boot: { id: random(16), count: 1 }, random });
