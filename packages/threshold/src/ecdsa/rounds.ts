import { backend } from "../backend.ts";
import { combinePoints, lagrangeAtZero, lagrangeIntegers } from "../lagrange.ts";
import { G, type Point } from "../point.ts";
import { invertScalar, reduceScalar } from "../scalar.ts";
import { assertSecret, type SecretScalar, withSecret } from "../secret.ts";
import { isOfDegree } from "./degree.ts";
import { maskedShares, type ShareFactors, shareValue } from "./formulas.ts";
import type { EcdsaShares } from "./shares.ts";
import type { EcdsaSigners } from "./signers.ts";

/** R_i = k_i G and w_i = a_i k_i + b_i. Public. */
export type EcdsaNoncePart = { readonly point: Point; readonly w: bigint };
/** A_i = alpha_i R, B_i = beta_i R, E_i = e_i R: public points, masked by sharings of 0. */
export type EcdsaCheckPoints = { readonly a: Point; readonly b: Point; readonly e: Point };
/** R = kG and w = ak of a session. Public. */
export type EcdsaNonce = { readonly point: Point; readonly w: bigint };

/** Which check failed. */
export type EcdsaCheck = "nonceDegree" | "nonceInfinite" | "productZero" | "productDegree" | "productValue" | "sums";

/** A signer's part of the nonce round. Throws ERASED_SECRET. PROTOCOL section 11.3. */
export function ecdsaNoncePart(shares: EcdsaShares): EcdsaNoncePart {
  const point = withSecret(shares.k, "k", (k) =>
    backend.calculate((calculation) => calculation.points([calculation.timesSecret(G, calculation.secret(k))])),
  )[0] as Point; // one in, one out
  return { point, w: reduceScalar(shares.a.reveal() * shares.k.reveal() + shares.b.reveal()) };
}

/** R and w from all 2t+1 parts, by the order of the slots; or the check that they fail. Public. */
export function combineEcdsaNonce({ slots, threshold }: EcdsaSigners, parts: readonly EcdsaNoncePart[]): EcdsaNonce | EcdsaCheck {
  const points = parts.map(({ point }) => point);
  if (!isOfDegree(threshold, slots, points)) return "nonceDegree";
  const [point] = backend.normalize([atZero(slots, points)]) as [Point]; // one in, one out
  if (point.is0()) return "nonceInfinite";
  const w = scalarAtZero(
    slots,
    parts.map((part) => part.w),
  );
  return w === 0n ? "productZero" : { point, w };
}

/** W_i = a_i R. Public. Throws ERASED_SECRET. */
export const ecdsaProductPoint = (shares: EcdsaShares, { point }: EcdsaNonce): Point =>
  withSecret(shares.a, "a", (a) =>
    backend.calculate((calculation) => calculation.points([calculation.timesSecret(point, calculation.secret(a))])),
  )[0] as Point; // one in, one out

/** Whether all W_i are of one a of degree t, with aR = wG; else the check that fails. Public. */
export function checkEcdsaProducts(
  { slots, threshold }: EcdsaSigners,
  { w }: EcdsaNonce,
  products: readonly Point[],
): EcdsaCheck | undefined {
  if (!isOfDegree(threshold, slots, products)) return "productDegree";
  const { numerators, denominator } = lagrangeIntegers(slots);
  const isProduct = combinePoints(products, numerators).equals(backend.mulVar(G, reduceScalar(w * denominator)));
  return isProduct ? undefined : "productValue";
}

/** A signer's three points. `share` is x_i of the key, secret. To be shown only once digest, offset and delta are fixed. Throws INVALID_SCALAR, ERASED_SECRET. */
export function ecdsaCheckPoints(shares: EcdsaShares, share: SecretScalar, { point, w }: EcdsaNonce): EcdsaCheckPoints {
  assertSecret(share, "share");
  const { alpha, beta } = maskedOf(shares, share, w);
  const [a, b, e] = [alpha, beta, shares.e.reveal()].map((scalar) => backend.mulSecret(point, scalar)) as [Point, Point, Point]; // three in, three out
  const [A, B, E] = backend.normalize([a, b, e]) as [Point, Point, Point];
  return { a: A, b: B, e: E };
}

/**
 * Whether the sums at 0 are G, S and infinity. No degree is tested: 2t+1 points fit degree 2t always, and the sums are what tests the constants of d, e and
 * f. Two that shift their points so that the sums stay make a valid signature, or a share that is theirs by name. `publicKey` is S, not derived. Public.
 */
export function checkEcdsaSums(slots: readonly number[], publicKey: Point, points: readonly EcdsaCheckPoints[]): EcdsaCheck | undefined {
  const { numerators, denominator } = lagrangeIntegers(slots);
  const sumOf = (name: keyof EcdsaCheckPoints): Point =>
    combinePoints(
      points.map((one) => one[name]),
      numerators,
    );
  const holds =
    sumOf("a").equals(backend.mulVar(G, reduceScalar(denominator))) &&
    sumOf("b").equals(backend.mulVar(publicKey, reduceScalar(denominator))) &&
    sumOf("e").is0();
  return holds ? undefined : "sums";
}

/** A signer's share of the signature. `slot` is its own. Once for each session: two under one nonce give the key share away. Throws ERASED_SECRET. */
export function ecdsaSignatureShare(input: {
  readonly slots: readonly number[];
  readonly slot: number;
  readonly shares: EcdsaShares;
  readonly share: SecretScalar;
  readonly nonce: EcdsaNonce;
  readonly factors: ShareFactors;
}): bigint {
  const { slots, slot, shares, share, nonce, factors } = input;
  assertSecret(share, "share");
  const masked = maskedOf(shares, share, nonce.w);
  return shareValue({ ...masked, e: shares.e.reveal() }, factors, lagrangeAtZero(slots, slot));
}

/** The public points of one signer that its share of the signature must fit: W_i, A_i, B_i and E_i. */
export type EcdsaShareStatement = {
  readonly slots: readonly number[];
  readonly slot: number;
  readonly nonce: EcdsaNonce;
  readonly factors: ShareFactors;
  readonly product: Point;
  readonly check: EcdsaCheckPoints;
};

/**
 * Whether s_i R = lambda_i ((h A_i + r (B_i + offset W_i/w)) / delta + E_i). It never fails for an honest signer, and where every share passes and the sums
 * of the check round hold, their sum is a valid signature: so a wrong one is always somebody's by name. Public. PROTOCOL section 11.3.
 */
export function verifyEcdsaShare({ slots, slot, nonce, factors, product, check }: EcdsaShareStatement, s: bigint): boolean {
  const { h, r, offset, inverseDelta } = factors;
  const lambda = lagrangeAtZero(slots, slot);
  const scaled = reduceScalar(lambda * inverseDelta);
  const points = [check.a, check.b, product, check.e, nonce.point];
  const scalars = [scaled * h, scaled * r, scaled * reduceScalar(r * offset) * invertScalar(nonce.w), lambda, -s].map(reduceScalar);
  return backend.msmVar(points, scalars).is0();
}

function maskedOf(shares: EcdsaShares, share: SecretScalar, w: bigint): ReturnType<typeof maskedShares> {
  return maskedShares({ a: shares.a.reveal(), d: shares.d.reveal(), f: shares.f.reveal() }, share.reveal(), invertScalar(w));
}

function atZero(slots: readonly number[], points: readonly Point[]): Point {
  const { numerators, denominator } = lagrangeIntegers(slots);
  return backend.mulVar(combinePoints(points, numerators), invertScalar(reduceScalar(denominator)));
}

const scalarAtZero = (slots: readonly number[], values: readonly bigint[]): bigint =>
  values.reduce((sum, value, i) => reduceScalar(sum + lagrangeAtZero(slots, slots[i] as number) * value), 0n);
