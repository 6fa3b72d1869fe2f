import { setImmediate as endOfTurn } from "node:timers/promises";
import { CURVE_ORDER, keccakWords, type Point, pointAtZero } from "@keyquorum/threshold";

/** A share as everybody sees it: `constant` is its point. */
type PlacedPoint = { readonly place: bigint; readonly constant: Point };

/** Points that may still be multiplied, of several undertakings: it may end below 0, by one of them. A point is about 0.15 ms. */
export type Effort = { left: number };

/** Of one search: all sets of 2 of 64, and of each size so many that every single share is left out by one. */
const MOST_POINTS = 4_096;
/** Between two turns of the event loop. */
const POINTS_A_TURN = 64;
/** Sets are tried one by one where they are no more than that. */
const FEW_SETS = 2_000;

const counter = (effort: Effort) => {
  let since = 0;
  return async (points: number): Promise<void> => {
    effort.left -= points;
    since += points;
    if (since < POINTS_A_TURN) return;
    since = 0;
    await endOfTurn();
  };
};

/**
 * Finds `size` shares that add up to a key, by ascending place: the first ones where none is wrong. Undefined: none of the sets that were tried. Others'
 * work goes on meanwhile. A wrong share may be anywhere: each one is left out by one of the first sets, and of sets that are too many for all to be tried,
 * those that are tried are spread over all of them.
 */
export const findAddingUp = async <Share extends PlacedPoint>(
  shares: readonly Share[],
  { size, publicKey, effort }: { readonly size: number; readonly publicKey: Point; readonly effort: Effort },
): Promise<readonly Share[] | undefined> => {
  const count = counter(effort);
  let points = 0;
  for (const set of setsOf(placesOf(shares), size)) {
    points += size;
    if (points > MOST_POINTS) return undefined;
    await count(size);
    if (pointAtZero(set.map(({ place, constant: point }) => ({ place, point }))).equals(publicKey)) return set;
  }
  return undefined;
};

/** Those of `others` that do not lie on the polynomial of the shares that add up. */
export const notLyingWith = async <Share extends PlacedPoint>(
  used: readonly Share[],
  others: readonly Share[],
  effort: Effort,
): Promise<readonly Share[]> => {
  const count = counter(effort);
  const found: Share[] = [];
  for (const one of others) {
    await count(used.length);
    if (!liesWith(used, one)) found.push(one);
  }
  return found;
};

/** What stands at its own place, which is 0 when all places are moved by it. */
const liesWith = (used: readonly PlacedPoint[], { place, constant }: PlacedPoint): boolean => {
  const there = used.find((one) => one.place === place);
  if (there !== undefined) return there.constant.equals(constant);
  return pointAtZero(
    used.map((one) => ({ place: (((one.place - place) % CURVE_ORDER) + CURVE_ORDER) % CURVE_ORDER, point: one.constant })),
  ).equals(constant);
};

/** By ascending place: what different ones say that they have there. Two of one place are never in one set. */
const placesOf = <Share extends PlacedPoint>(shares: readonly Share[]): readonly (readonly Share[])[] => {
  const places = new Map<bigint, Share[]>();
  for (const share of shares) places.set(share.place, [...(places.get(share.place) ?? []), share]);
  return [...places.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, at]) => at);
};

function* setsOf<One>(places: readonly (readonly One[])[], size: number): Generator<readonly One[]> {
  const { length } = places;
  if (size > length) return;
  for (let first = 0; first < length; first += 1) {
    const indexes = Array.from({ length: size }, (_, k) => (first + k) % length).toSorted((a, b) => a - b);
    yield indexes.map((index) => places[index]?.[0] as One); // true: each place has one
  }
  if (howMany(places, size) <= FEW_SETS) yield* allSetsOf(places, size);
  else for (let number = 0; ; number += 1) yield sampleOf(places, size, number);
}

function* allSetsOf<One>(places: readonly (readonly One[])[], size: number): Generator<readonly One[]> {
  if (size === 0) yield [];
  else
    for (let i = 0; i + size <= places.length; i += 1)
      for (const rest of allSetsOf(places.slice(i + 1), size - 1)) for (const one of places[i] ?? []) yield [one, ...rest];
}

/** Sets of `size` places, with each of the shares at each. */
const howMany = (places: readonly (readonly unknown[])[], size: number): number => {
  const counts = [1, ...Array.from({ length: size }, () => 0)];
  for (const { length } of places) for (let k = size; k > 0; k -= 1) counts[k] = (counts[k] ?? 0) + length * (counts[k - 1] ?? 0);
  return counts[size] ?? 0;
};

/** One of all sets: which, says its number. */
const sampleOf = <One>(places: readonly (readonly One[])[], size: number, number: number): readonly One[] => {
  const drawn = places.map((at, index) => {
    const bytes = keccakWords(number, index);
    const draw = new DataView(bytes.buffer, bytes.byteOffset);
    return { index, order: draw.getUint32(0), one: at[draw.getUint32(4) % at.length] as One }; // true: each place has one
  });
  return drawn
    .toSorted((a, b) => a.order - b.order)
    .slice(0, size)
    .toSorted((a, b) => a.index - b.index)
    .map(({ one }) => one);
};
