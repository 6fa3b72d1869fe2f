import { assertBytes } from "../bytes.ts";
import { G, type Point } from "../point.ts";
import { assertNonZeroScalar, CURVE_ORDER } from "../scalar.ts";
import type { Kernel } from "./kernel.ts";
import { nonceCandidates } from "./nonces.ts";
import { putProduct } from "./product.ts";

// what the words hold; r and s are public
const [SECRET, DIGEST, NONCE, R, S, SPARE, ZERO] = [0, 1, 2, 3, 4, 5, 6] as const;
const PRODUCT = 0;
const PUBLIC_KEY = 1;
const OPERAND = 2;

/**
 * ECDSA over a 32-byte digest (SEC 1 section 4.1.3) with the nonce of RFC 6979: 65 bytes r, s, v with s <= n/2 and v 27 or 28.
 * Key and nonce stay bytes: no bigint is made of them. Throws INVALID_BYTES, INVALID_SCALAR for a secret that is not in 1..n-1.
 */
export function signDigest(kernel: Kernel, digest: Uint8Array, secret: Uint8Array): Uint8Array {
  assertBytes(digest, 32, "digest");
  assertBytes(secret, 32, "secret");
  const { arena } = kernel;
  const { wasm } = arena;
  const word = (index: number): number => arena.word(index);
  return arena.run(() => {
    if (!arena.putScalarBytes(word(SECRET), secret)) assertNonZeroScalar(0n, "secret");
    putReduced(kernel, DIGEST, digest);
    for (const candidate of nonceCandidates(secret, arena.copyBytes(word(DIGEST)))) {
      const isUsable = arena.putScalarBytes(word(NONCE), candidate);
      candidate.fill(0);
      if (!isUsable) continue;
      putProduct(kernel, { term: arena.point(PRODUCT), point: G, word: word(NONCE), operand: OPERAND, isSecret: true });
      const noncePoint = arena.takePoint(PRODUCT);
      noncePoint.assertValidity(); // after a fault: r = 0 tells the nonce, and a right signature of the same digest then the key
      const { x, y } = noncePoint.toAffine();
      if (x >= CURVE_ORDER) continue; // probability 2^-128: v would be neither 27 nor 28
      arena.putInteger(word(R), x);
      wasm.multiplyScalars(word(S), word(R), word(SECRET));
      wasm.addScalars(word(S), word(S), word(DIGEST));
      wasm.invertScalar(word(SPARE), word(NONCE));
      wasm.multiplyScalars(word(S), word(S), word(SPARE));
      const s = arena.integer(word(S));
      if (s === 0n) continue;
      const isHigh = s > CURVE_ORDER / 2n;
      if (isHigh) wasm.negateScalar(word(S), word(S));
      const isOdd = (y & 1n) === 1n;
      return Uint8Array.of(...arena.copyBytes(word(R)), ...arena.copyBytes(word(S)), isOdd === isHigh ? 27 : 28);
    }
    throw new Error("unreachable: there is always another candidate");
  });
}

/**
 * The public key that made this signature of 65 bytes r, s, v (27 or 28) over a 32-byte digest (SEC 1 section 4.1.6); undefined when nobody's did.
 * Takes both s. Public, in variable time. Throws INVALID_BYTES for a digest of another length.
 */
export function recoverKey(kernel: Kernel, digest: Uint8Array, signature: Uint8Array): Point | undefined {
  assertBytes(digest, 32, "digest");
  const { arena } = kernel;
  const v = signature[64];
  if (signature.length !== 65 || (v !== 27 && v !== 28)) return undefined;
  const { wasm } = arena;
  const word = (index: number): number => arena.word(index);
  return arena.run(() => {
    const isInRange = [arena.putScalarBytes(word(R), signature.subarray(0, 32)), arena.putScalarBytes(word(S), signature.subarray(32, 64))];
    if (!isInRange.every(Boolean) || wasm.decompress(arena.point(PUBLIC_KEY), word(R), v - 27) === 0) return undefined;
    putReduced(kernel, DIGEST, digest);
    wasm.invertScalar(word(R), word(R));
    wasm.multiplyScalars(word(S), word(S), word(R));
    wasm.sumPublic(arena.point(PUBLIC_KEY), arena.point(PUBLIC_KEY), word(S), 1); // (s/r) R
    wasm.multiplyScalars(word(DIGEST), word(DIGEST), word(R));
    wasm.negateScalar(word(DIGEST), word(DIGEST));
    putProduct(kernel, { term: arena.point(PRODUCT), point: G, word: word(DIGEST), operand: OPERAND, isSecret: false }); // -(z/r) G
    wasm.addPoints(arena.point(PRODUCT), arena.point(PRODUCT), arena.point(PUBLIC_KEY));
    const key = arena.takePoint(PRODUCT);
    return key.is0() ? undefined : key;
  });
}

/** The digest modulo n: 32 bytes are one word. */
function putReduced({ arena }: Kernel, index: number, digest: Uint8Array): void {
  arena.putBytes(arena.word(SPARE), digest);
  arena.putInteger(arena.word(ZERO), 0n);
  arena.wasm.reduceWide(arena.word(index), arena.word(SPARE)); // SPARE and ZERO are one number of 64 bytes
}
