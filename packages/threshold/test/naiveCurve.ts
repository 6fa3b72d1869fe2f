// An independent re-implementation for tests: affine secp256k1 over bigint, by the textbook, without noble's curve code.
// Slow on purpose. It checks PROTOCOL's formulas as they are written there.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export const P = 2n ** 256n - 2n ** 32n - 977n;
export const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** An affine point; undefined is infinity. */
export type Naive = { readonly x: bigint; readonly y: bigint } | undefined;

export const base: Naive = {
  x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
};

export const mod = (a: bigint, m: bigint): bigint => ((a % m) + m) % m;

export function power(b: bigint, e: bigint, m: bigint): bigint {
  let [result, factor] = [1n, mod(b, m)];
  for (let rest = e; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % m;
    factor = (factor * factor) % m;
  }
  return result;
}

/** By Fermat: another way than the extended Euclid of the code under test. */
export const inverse = (a: bigint, m: bigint): bigint => power(a, m - 2n, m);

export function add(a: Naive, b: Naive): Naive {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (a.x === b.x && mod(a.y + b.y, P) === 0n) return undefined;
  const slope = a.x === b.x ? 3n * a.x * a.x * inverse(2n * a.y, P) : (b.y - a.y) * inverse(mod(b.x - a.x, P), P);
  const x = mod(slope * slope - a.x - b.x, P);
  return { x, y: mod(slope * (a.x - x) - a.y, P) };
}

export const negate = (a: Naive): Naive => (a === undefined ? undefined : { x: a.x, y: mod(-a.y, P) });

export function mul(point: Naive, k: bigint): Naive {
  let [result, step]: [Naive, Naive] = [undefined, point];
  for (let rest = mod(k, N); rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(result, step);
    step = add(step, step);
  }
  return result;
}

/** zP - cQ. */
export const difference = (z: bigint, p: Naive, c: bigint, q: Naive): Naive => add(mul(p, z), negate(mul(q, c)));

/** Sum of j^k C_k with the powers written out. */
export const evaluateInTheExponent = (commitments: readonly Naive[], j: bigint): Naive =>
  commitments.reduce<Naive>((sum, commitment, k) => add(sum, mul(commitment, power(j, BigInt(k), N))), undefined);

/** prod other/(other - slot) modulo n. */
export const lagrange = (slots: readonly bigint[], slot: bigint): bigint =>
  slots.filter((other) => other !== slot).reduce((product, other) => mod(product * other * inverse(mod(other - slot, N), N), N), 1n);

const word = (value: bigint): string => value.toString(16).padStart(64, "0");
type Part = bigint | Uint8Array | Naive;
const hexOf = (part: Part): string => {
  if (part === undefined) return word(0n) + word(0n);
  if (typeof part === "bigint") return word(part);
  return part instanceof Uint8Array ? bytesToHex(part).padStart(64, "0") : word(part.x) + word(part.y);
};

export const keccak = (...parts: Part[]): Uint8Array => keccak_256(hexToBytes(parts.map(hexOf).join("")));
export const keccakModN = (...parts: Part[]): bigint => mod(BigInt(`0x${bytesToHex(keccak(...parts))}`), N);
export const addr = (point: Naive): Uint8Array => keccak(point).slice(12);
export const tag = (name: string): Uint8Array => keccak_256(utf8ToBytes(`keyquorum/v1/${name}`));

/** HKDF-SHA256 by its definition in RFC 5869. */
export function hkdf(salt: Uint8Array, ikm: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const key = hmac(sha256, salt, ikm);
  let [block, out] = [new Uint8Array(0), new Uint8Array(0)];
  for (let i = 1; out.length < length; i++) {
    block = hmac(sha256, key, concatBytes(block, info, Uint8Array.of(i)));
    out = concatBytes(out, block);
  }
  return out.slice(0, length);
}

export const compressed = (point: NonNullable<Naive>): Uint8Array => hexToBytes((point.y & 1n ? "03" : "02") + word(point.x));
