import type { Calculate } from "./calculation.ts";
import type { Point } from "./point.ts";

/**
 * What multiplies points. Addition is complete: equal, opposite and infinite points are cases (D12).
 * `...Secret`, `mulG` and `sign` take secrets and must not branch on them; `...Var` and `recover` take public values only.
 */
export type EcBackend = {
  readonly name: string;
  /** sG for a secret s in 0..n-1. */
  readonly mulG: (secret: bigint) => Point;
  /** sP for a secret s in 0..n-1. */
  readonly mulSecret: (point: Point, secret: bigint) => Point;
  /** aP + bQ for secret a and b in 0..n-1, at the price of little more than one `mulSecret`. In affine form. */
  readonly mulAddSecret: (p: Point, a: bigint, q: Point, b: bigint) => Point;
  /** sP for a public s in 0..n-1, in variable time. */
  readonly mulVar: (point: Point, scalar: bigint) => Point;
  /** The sum of s_i P_i for public s_i in 0..n-1, in variable time. Empty: infinity. */
  readonly msmVar: (points: readonly Point[], scalars: readonly bigint[]) => Point;
  /** Several of these at once, from secrets in bytes: what proofs are made and checked with. */
  readonly calculate: Calculate;
  /** The sum of x^k P_k for a small public x in 0..255, in variable time. Empty: infinity. */
  readonly evaluate: (points: readonly Point[], x: number) => Point;
  /** The point with this x, in 0..p-1, and an odd or even y; undefined where no point has this x. Public, in variable time. */
  readonly decompress: (x: bigint, isOdd: boolean) => Point | undefined;
  readonly add: (a: Point, b: Point) => Point;
  readonly double: (point: Point) => Point;
  readonly neg: (point: Point) => Point;
  /** The same points in affine form, by one shared inversion. */
  readonly normalize: (points: readonly Point[]) => Point[];
  /** Returns the point, remembered as hot: its table is built at first use and lives as long as this object does. */
  readonly precompute: (point: Point) => Point;
  /** keccak256 of bytes, secret or public, of a length that is public: 32 bytes. */
  readonly keccak256: (message: Uint8Array) => Uint8Array;
  /** ECDSA over a 32-byte digest with the nonce of RFC 6979: 65 bytes r, s, v with s <= n/2 and v 27 or 28. `secret`: 32 bytes, 1..n-1; the caller erases it. */
  readonly sign: (digest: Uint8Array, secret: Uint8Array) => Uint8Array;
  /** The public key that made this signature of 65 bytes r, s, v (27 or 28) over a 32-byte digest; undefined when nobody's did. Takes both s. */
  readonly recover: (digest: Uint8Array, signature: Uint8Array) => Point | undefined;
};
