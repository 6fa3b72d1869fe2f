import { assertArray } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { CURVE_ORDER, invertScalar, reduceScalar } from "../scalar.ts";

/**
 * The Lagrange coefficients at 0 over the places at which some shares are values of one polynomial, in their order. Places are scalars, not only slots:
 * other systems share at places of their own. All public. Throws INVALID_SCALAR unless each is in 1..n-1, DUPLICATE_SLOT unless they differ. PROTOCOL section 8.6.
 */
export function weightsAtZero(places: readonly bigint[]): readonly bigint[] {
  assertArray(places, "places");
  for (const place of places)
    if (typeof place !== "bigint" || place <= 0n || place >= CURVE_ORDER)
      throw new ThresholdError("INVALID_SCALAR", "A share's place must be a scalar other than 0.", { details: { place: String(place) } });
  if (new Set(places).size < places.length) throw new ThresholdError("DUPLICATE_SLOT", "Two shares are at one place.");
  return places.map((place) => {
    const others = places.filter((other) => other !== place);
    const numerator = others.reduce((product, other) => reduceScalar(product * other), 1n);
    const denominator = others.reduce((product, other) => reduceScalar(product * (other - place)), 1n);
    return reduceScalar(numerator * invertScalar(denominator));
  });
}
