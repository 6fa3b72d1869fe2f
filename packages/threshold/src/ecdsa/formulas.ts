import { CURVE_ORDER } from "../scalar.ts";

// The arithmetic of one signer, on secrets. `order` is a prime; the test of the exact law uses a small one.

const modulo = (value: bigint, order: bigint): bigint => ((value % order) + order) % order;

/** a, d, f and x of one signer and 1/w: c = a/w, a share of 1/k; alpha = c + d; beta = cx + f. Secret. */
export function maskedShares(
  { a, d, f }: { readonly a: bigint; readonly d: bigint; readonly f: bigint },
  x: bigint,
  inverseW: bigint,
  order: bigint = CURVE_ORDER,
): { readonly c: bigint; readonly alpha: bigint; readonly beta: bigint } {
  const c = modulo(a * inverseW, order);
  return { c, alpha: modulo(c + d, order), beta: modulo(c * x + f, order) };
}

/** What is fixed before any point of the check round is seen: h, the offset of the key, r, and 1/delta. Public. */
export type ShareFactors = { readonly h: bigint; readonly offset: bigint; readonly r: bigint; readonly inverseDelta: bigint };

/** s_i = lambda_i ((alpha_i h + (beta_i + c_i offset) r) / delta + e_i). Secret until it is sent. */
export function shareValue(
  { c, alpha, beta, e }: { readonly c: bigint; readonly alpha: bigint; readonly beta: bigint; readonly e: bigint },
  { h, offset, r, inverseDelta }: ShareFactors,
  lambda: bigint,
  order: bigint = CURVE_ORDER,
): bigint {
  const inner = modulo((alpha * h + modulo(beta + c * offset, order) * r) * inverseDelta + e, order);
  return modulo(lambda * inner, order);
}
