import { assertBytes, bytesToInteger } from "./bytes.ts";
import { type Calculate, type Calculation, type SecretFactor, type Term, WIDE_BYTES } from "./calculation.ts";
import type { EcBackend } from "./ecBackend.ts";
import { addressOfPoint, type Point } from "./point.ts";
import { assertNonZeroScalar, assertScalar, reduceScalar } from "./scalar.ts";

/** What a backend multiplies with, one product at a time. */
type Products = Pick<EcBackend, "mulSecret" | "mulAddSecret" | "mulVar" | "add" | "normalize">;

// A factor is a bigint here and a term a point; nobody outside sees either.
const hide = (value: bigint): SecretFactor => value as unknown as SecretFactor;
const seen = (value: SecretFactor): bigint => value as unknown as bigint;
const asTerm = (point: Point): Term => point as unknown as Term;
const asPoint = (term: Term): Point => term as unknown as Point;

/** Calculations by single products with bigints, which nothing can clear: for noble, and as the meaning that other backends must agree with. */
export const calculationBy = (products: Products): Calculate => {
  const { mulSecret, mulAddSecret, mulVar, add, normalize } = products;
  const calculation: Calculation = {
    secret: (bytes) => {
      assertBytes(bytes, 32, "secret");
      const value = bytesToInteger(bytes);
      assertNonZeroScalar(value, "secret");
      return hide(value);
    },
    reduced: (bytes) => {
      assertBytes(bytes, WIDE_BYTES, "wide secret");
      return hide(reduceScalar(bytesToInteger(bytes)));
    },
    timesSecret: (point, s) => asTerm(mulSecret(point, seen(s))),
    sumSecret: (p, a, q, b) => asTerm(mulAddSecret(p, seen(a), q, seen(b))),
    times: (point, s) => {
      assertScalar(s);
      return asTerm(mulVar(point, s));
    },
    plus: (a, b) => asTerm(add(asPoint(a), asPoint(b))),
    minus: (a, b) => asTerm(add(asPoint(a), asPoint(b).negate())),
    haveEqualX: (a, b) => {
      const [p, q] = [asPoint(a), asPoint(b)];
      return p.is0() || q.is0() || p.equals(q) || p.equals(q.negate());
    },
    points: (terms) => normalize(terms.map(asPoint)),
    addresses: (terms) => {
      const points = normalize(terms.map(asPoint));
      return points.some((point) => point.is0()) ? undefined : points.map(addressOfPoint);
    },
    response: (a, c, s) => reduceScalar(seen(a) + c * seen(s)),
    isZeroResponse: (a, c, s) => reduceScalar(seen(a) + c * seen(s)) === 0n,
  };
  return (work) => work(calculation);
};
