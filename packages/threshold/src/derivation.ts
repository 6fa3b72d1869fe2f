import { backend } from "./backend.ts";
import { assertBytes } from "./bytes.ts";
import { DOMAINS } from "./domains.ts";
import { ThresholdError } from "./errors.ts";
import { assertPoint, type Point } from "./point.ts";
import { assertScalar } from "./scalar.ts";
import { hashToScalar } from "./words.ts";

/** Whose key is derived, and how. `signingRequests`: the contract, 20 bytes. `publicKey` is S. `derivation`: 32 bytes, all zero for none. All public. */
export type Derivation = {
  readonly chainId: bigint | number;
  readonly signingRequests: Uint8Array;
  readonly keyId: Uint8Array;
  readonly publicKey: Point;
  readonly derivation: Uint8Array;
};

/**
 * The offset e of S' = S + eG, which every share adds, too: 0 where nothing is derived. PROTOCOL section 9.
 * Throws INVALID_SCALAR where the hash is 0 modulo n (2^-256); INVALID_BYTES, INVALID_POINT.
 */
export function derivationOffset({ chainId, signingRequests, keyId, publicKey, derivation }: Derivation): bigint {
  assertBytes(signingRequests, 20, "contract");
  assertBytes(keyId, 32, "key id");
  assertBytes(derivation, 32, "derivation");
  assertPoint(publicKey, "public key");
  if (derivation.every((byte) => byte === 0)) return 0n;
  const offset = hashToScalar(DOMAINS.derivation, chainId, signingRequests, keyId, publicKey, derivation);
  if (offset === 0n) throw new ThresholdError("INVALID_SCALAR", "This derivation gives no other key; choose another.");
  return offset;
}

/** S' = S + eG, in affine form. Throws INVALID_POINT where it is infinite or S'.x >= n: such a key signs nothing. INVALID_SCALAR. PROTOCOL section 9. */
export function derivedKey(publicKey: Point, offset: bigint): Point {
  assertPoint(publicKey, "public key");
  assertScalar(offset, "offset");
  if (offset === 0n) return publicKey;
  const [derived] = backend.normalize([backend.add(publicKey, backend.mulG(offset))]) as [Point]; // one in, one out
  assertPoint(derived, "derived key");
  return derived;
}
