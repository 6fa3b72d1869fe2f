import { bytesToInteger } from "./bytes.ts";
import { drawBytes, secureRandom } from "./random.ts";
import { CURVE_ORDER } from "./scalar.ts";

/** What a sum needs of a group: complete addition, so that no case is special. */
export type GroupOperations<P> = { readonly zero: P; readonly add: (a: P, b: P) => P; readonly double: (a: P) => P };

const WINDOW = 4;
const ENTRIES = 1 << WINDOW;
const BLIND_BYTES = 16;
const WINDOWS = (256 + 8 * BLIND_BYTES) / WINDOW;

/** s + rn for a random r of 128 bits: as a factor of a point the same as s, with digits that say nothing of s. Below 2^384. Secret. Throws INVALID_RANDOM. */
export function blinded(secret: bigint): bigint {
  const blind = drawBytes(secureRandom, BLIND_BYTES);
  blind[0] = ((blind[0] as number) & 0x3f) | 0x80; // full width, and below the last window's end
  const result = secret + bytesToInteger(blind) * CURVE_ORDER;
  blind.fill(0);
  return result;
}

/** [0, P, 2P, ..., 15P]. */
function multiplesOf<P>({ zero, add }: GroupOperations<P>, point: P): readonly P[] {
  const multiples = [zero];
  for (let i = 1; i < ENTRIES; i++) multiples.push(add(multiples[i - 1] as P, point));
  return multiples;
}

/** The entry at a secret index: every entry is touched. */
function select<P>(entries: readonly P[], index: number): P {
  let selected = entries[0] as P; // there are 16
  for (let i = 1; i < ENTRIES; i++) selected = i === index ? (entries[i] as P) : selected;
  return selected;
}

/**
 * The sum of f_i P_i for secret factors below 2^384, which `blinded` makes, by one chain of doublings for all (Straus). It is noble's way
 * of multiplying one point by a secret, for several: fixed windows of 4 bits, tables read whole, an addition for every digit. The point
 * operations and their order are the same for all factors.
 */
export function secretSum<P>(operations: GroupOperations<P>, points: readonly P[], factors: readonly bigint[]): P {
  const tables = points.map((point) => multiplesOf(operations, point));
  let sum = operations.zero;
  for (let window = WINDOWS - 1; window >= 0; window--) {
    for (let i = 0; i < WINDOW; i++) sum = operations.double(sum);
    const shift = BigInt(window * WINDOW);
    tables.forEach((table, i) => {
      const digit = Number(((factors[i] as bigint) >> shift) & BigInt(ENTRIES - 1)); // one factor per point
      sum = operations.add(sum, select(table, digit));
    });
  }
  return sum;
}
