import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { backend } from "../backend.ts";
import { assertBytes, bytesToInteger, integerToWord } from "../bytes.ts";
import { WIDE_BYTES } from "../calculation.ts";
import { DOMAINS } from "../domains.ts";
import { assertPoint, type Point } from "../point.ts";
import { assertScalar, CURVE_ORDER, invertScalar, negateScalar, reduceScalar } from "../scalar.ts";
import { encodeWords } from "../words.ts";
import type { ShareFactors } from "./formulas.ts";

const INFO = utf8ToBytes("kn-ecdsa-1");

/** What one signature is about. `publicKey` is S', derived; `nonce` is R; `blockHash` is that of the request's block, 32 zero bytes where it came by HTTP. Public. */
export type EcdsaStatement = {
  readonly publicKey: Point;
  readonly offset: bigint;
  readonly digest: Uint8Array;
  readonly nonce: Point;
  readonly requestId: Uint8Array;
  readonly blockHash: Uint8Array;
};

/** delta, and what the shares are made with; `isOdd`: whether y of R' = delta R is. Public. */
export type EcdsaFactors = ShareFactors & { readonly delta: bigint; readonly isOdd: boolean };

/**
 * delta = HKDF-SHA256(KN_DELTA, S', offset, h, R, requestId, blockHash), R' = delta R, r = R'.x. Undefined where h, r or delta is 0, or R'.x >= n: such an
 * attempt is void, and nobody's fault. Throws INVALID_POINT, INVALID_SCALAR, INVALID_BYTES. PROTOCOL section 11.3.
 */
export function ecdsaFactors({ publicKey, offset, digest, nonce, requestId, blockHash }: EcdsaStatement): EcdsaFactors | undefined {
  assertPoint(publicKey, "public key");
  assertScalar(offset, "offset");
  assertBytes(digest, 32, "digest");
  assertBytes(requestId, 32, "request id");
  assertBytes(blockHash, 32, "block hash");
  const h = reduceScalar(bytesToInteger(digest));
  const bound = encodeWords(DOMAINS.knDelta, publicKey, offset, h, nonce, requestId, blockHash);
  const delta = reduceScalar(bytesToInteger(hkdf(sha256, bound, undefined, INFO, WIDE_BYTES)));
  if (h === 0n || delta === 0n) return undefined;
  const { x: r, y } = backend.mulVar(nonce, delta).toAffine();
  if (r === 0n || r >= CURVE_ORDER) return undefined;
  return { h, offset, r, inverseDelta: invertScalar(delta), delta, isOdd: (y & 1n) === 1n };
}

/** The shares do not make a signature: at least one is wrong. Or they make s = 0: void. */
export type CombinedEcdsa = { readonly kind: "valid"; readonly signature: Uint8Array } | { readonly kind: "invalid" | "void" };

/** The sum of all shares as 65 bytes r, s, v with s <= n/2, verified under S'. Public. Throws INVALID_POINT, INVALID_BYTES. */
export function combineEcdsaShares(
  { publicKey, digest }: Pick<EcdsaStatement, "publicKey" | "digest">,
  { r, isOdd }: EcdsaFactors,
  shares: readonly bigint[],
): CombinedEcdsa {
  assertPoint(publicKey, "public key");
  const sum = shares.reduce((total, share) => reduceScalar(total + share), 0n);
  if (sum === 0n) return { kind: "void" };
  const isHigh = sum > CURVE_ORDER / 2n;
  const signature = Uint8Array.of(...integerToWord(r), ...integerToWord(isHigh ? negateScalar(sum) : sum), isOdd === isHigh ? 27 : 28);
  const signer = backend.recover(digest, signature);
  return signer?.equals(publicKey) ? { kind: "valid", signature } : { kind: "invalid" };
}
