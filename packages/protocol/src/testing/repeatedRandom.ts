import { CURVE_ORDER, createNonceSource, type NonceSource } from "@keyquorum/threshold";

/**
 * A keeper whose random source repeats itself, in a copy of the machine that was started again: same nonce key, same life, same attempt, same
 * bytes. What still differs is what the nonce is for. Tests only.
 */
export const repeatedNonces = (): NonceSource =>
  createNonceSource({
    key: new Uint8Array(32).fill(5),
    boot: { id: new Uint8Array(16), count: 1 },
    random: (length) => new Uint8Array(length).fill(7),
  });

type Proof = { readonly c: bigint; readonly z: bigint };
const modulo = (value: bigint): bigint => ((value % CURVE_ORDER) + CURVE_ORDER) % CURVE_ORDER;
const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let b = base, e = exponent; e > 0n; e >>= 1n, b = modulo(b * b)) if (e & 1n) result = modulo(result * b);
  return result;
};

/** What two proofs of one secret with one nonce tell: p = (z1 - z2) / (c1 - c2). */
export const secretOfTwoProofs = (one: Proof, two: Proof): bigint =>
  modulo((one.z - two.z) * power(modulo(one.c - two.c), CURVE_ORDER - 2n));
