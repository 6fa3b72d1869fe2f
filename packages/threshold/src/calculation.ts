import type { Point } from "./point.ts";

/** Bytes that are reduced to a factor: 16 more than a factor has, so that modulo n the bias is 2^-128. */
export const WIDE_BYTES = 48;

declare const factor: unique symbol;
declare const term: unique symbol;

/** A secret integer modulo n in one calculation, in whatever form its backend keeps it. It means nothing in another one. */
export type SecretFactor = { readonly [factor]: true };

/** A point in one calculation, as `SecretFactor` is a factor. */
export type Term = { readonly [term]: true };

/**
 * Several products and sums at the price of one way in and out: terms stay with the backend, and become points by one shared inversion.
 * Secrets go in as bytes; what comes out of them is points, and responses that a nonce hides.
 */
export type Calculation = {
  /** A secret of 32 big-endian bytes in 1..n-1, which stay the caller's. Throws INVALID_SCALAR. */
  readonly secret: (bytes: Uint8Array) => SecretFactor;
  /** 48 secret big-endian bytes modulo n; they stay the caller's. Throws INVALID_BYTES. */
  readonly reduced: (bytes: Uint8Array) => SecretFactor;
  /** sP for a secret s. */
  readonly timesSecret: (point: Point, s: SecretFactor) => Term;
  /** aP + bQ for secret a and b, by one chain of doublings. */
  readonly sumSecret: (p: Point, a: SecretFactor, q: Point, b: SecretFactor) => Term;
  /** sP for a public s in 0..n-1, in variable time. Throws INVALID_SCALAR. */
  readonly times: (point: Point, s: bigint) => Term;
  readonly plus: (a: Term, b: Term) => Term;
  readonly minus: (a: Term, b: Term) => Term;
  /** Whether both have the same x or one is infinity: then the chain cannot add them by its hint. PROTOCOL sections 1.4 and 2.3. */
  readonly haveEqualX: (a: Term, b: Term) => boolean;
  /** The terms as points in affine form. */
  readonly points: (terms: readonly Term[]) => Point[];
  /** The terms as `addressOfPoint` gives them, 20 bytes each; undefined where one is infinity, which has none. */
  readonly addresses: (terms: readonly Term[]) => Uint8Array[] | undefined;
  /** a + cs modulo n, for a secret nonce a, a public c and a secret s. Public: a hides s, and is used once. */
  readonly response: (a: SecretFactor, c: bigint, s: SecretFactor) => bigint;
  /** Whether a + cs is 0 modulo n, without telling what it is. */
  readonly isZeroResponse: (a: SecretFactor, c: bigint, s: SecretFactor) => boolean;
};

/** Runs work that calculates. The calculation ends with it: its secrets are cleared, whether it returned or threw. One runs at a time. */
export type Calculate = <T>(work: (calculation: Calculation) => T) => T;
