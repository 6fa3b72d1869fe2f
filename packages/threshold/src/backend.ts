import { mulAddUnsafe, normalizeZ } from "@noble/curves/abstract/curve.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { INFINITY, type Point } from "./point.ts";
import { blinded, type GroupOperations, secretSum } from "./secretSum.ts";

const PointClass = secp256k1.Point;

/**
 * The seam below which points are multiplied. Everything in this package goes through one; pass another as the last argument
 * after `selfTestBackend` has accepted it. Addition is complete: equal, opposite and infinite points are cases (D12).
 * `...Secret` and `mulG` take secret scalars and must not branch on them; `...Var` takes public scalars only.
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
  readonly add: (a: Point, b: Point) => Point;
  readonly double: (point: Point) => Point;
  readonly neg: (point: Point) => Point;
  /** The same points in affine form, by one shared inversion. */
  readonly normalize: (points: readonly Point[]) => Point[];
  /** Returns the point, remembered as hot: its table is built at first use and lives as long as this object does. */
  readonly precompute: (point: Point) => Point;
};

const HOT_WINDOW = 8;

const OPERATIONS: GroupOperations<Point> = { zero: INFINITY, add: (a, b) => a.add(b), double: (point) => point.double() };

/**
 * noble-curves: the reference and the default. Secret scalars go through fixed windows with a blinded scalar; JavaScript's
 * bigints are not constant time, so this is no promise against an attacker who measures the process itself.
 */
export const nobleBackend: EcBackend = {
  name: "noble",
  // noble refuses 0; a zero share is legal (D11) and shows itself anyway, as a commitment sum at infinity.
  mulG: (secret) => (secret === 0n ? INFINITY : PointClass.BASE.multiply(secret)),
  mulSecret: (point, secret) => (secret === 0n || point.is0() ? INFINITY : point.multiply(secret)),
  mulAddSecret: (p, a, q, b) => normalizeZ(PointClass, [secretSum(OPERATIONS, [p, q], [blinded(a), blinded(b)])])[0] as Point,
  mulVar: (point, scalar) => point.multiplyUnsafe(scalar), // variable time: only public scalars come here
  msmVar: (points, scalars) => mulAddUnsafe(PointClass, [...points], [...scalars]), // variable time: only public scalars come here
  add: (a, b) => a.add(b),
  double: (point) => point.double(),
  neg: (point) => point.negate(),
  normalize: (points) => normalizeZ(PointClass, [...points]),
  precompute: (point) => point.precompute(HOT_WINDOW),
};

/** a - b. */
export const subtract = (backend: EcBackend, a: Point, b: Point): Point => backend.add(a, backend.neg(b));

/** True iff both points have the same x: then the chain cannot add them by its hint. Both must be finite. PROTOCOL sections 1.4 and 2.3. */
export const haveEqualX = (backend: EcBackend, a: Point, b: Point): boolean => a.equals(b) || a.equals(backend.neg(b));
