import { CURVE_ORDER, type Point, pointAtZero } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hash32 } from "@keyquorum/wire";
import { keyHashOf, type OldKeyClaim, pairNameOf } from "./claim.ts";

/** An old share that was dealt, as far as everybody sees it. `constant`: its point, C_0 of its dealing. */
export type DealtShare = {
  readonly name: Hash32;
  readonly importer: Address;
  readonly place: bigint;
  readonly claim: OldKeyClaim;
  readonly constant: Point;
};

/** What the shares of one id that are there come to. */
export type Agreement<Share extends DealtShare> =
  /** `used`: t+1 that add up to the key, by ascending place. `wrong`: those that do not lie with them. `claim`: what enough records say, pair included. */
  | { readonly kind: "ready"; readonly claim: OldKeyClaim; readonly used: readonly Share[]; readonly wrong: readonly Share[] }
  /** Of no claim there are enough. */
  | { readonly kind: "waiting"; readonly agreeing: number; readonly needed: number }
  /** Enough say the same, and no t+1 of theirs add up to the key: at least `shares.length - t` are wrong, and which, nothing tells yet. */
  | { readonly kind: "wrong"; readonly agreeing: number; readonly needed: number }
  /** Enough say one thing, and enough another; or no pair is said by enough. Until some are withdrawn, nothing is imported. */
  | { readonly kind: "conflict"; readonly about: "key" | "documentKey"; readonly agreeing: number; readonly needed: number };

/** Sets of t+1 that are tried. With one wrong share of 64 the first set that avoids it comes at once; floods of made-up shares end here. */
const MOST_SETS = 2_000;

/**
 * Finds what t+1 old shares and enough records agree on. One old node that lies has one voice: it plants no author, pair, threshold or key, as t+1 records at
 * least, and more than half of those who may import, must say the same; and whatever they say, their shares must add up to the key that they name.
 * PROTOCOL section 8.7.
 * @param shares of one id
 * @param neededFor how many records must say the same of a key of threshold t: t+1 at least
 */
export const findAgreement = <Share extends DealtShare>(
  shares: readonly Share[],
  neededFor: (threshold: number) => number,
): Agreement<Share> => {
  const groups = [...groupedBy(shares, ({ claim }) => `${bytesToHex(keyHashOf(claim))} ${claim.version}`).values()].toSorted(
    (a, b) => recordsIn(b) - recordsIn(a),
  );
  const enough = groups.filter((group) => recordsIn(group) >= neededFor(thresholdOf(group)));
  const [largest = []] = groups;
  const counts = { agreeing: recordsIn(largest), needed: neededFor(thresholdOf(largest)) };
  if (enough.length === 0) return { kind: "waiting", ...counts };
  if (new Set(enough.map(([one]) => (one === undefined ? "" : bytesToHex(keyHashOf(one.claim))))).size > 1)
    return { kind: "conflict", about: "key", ...counts };
  for (const group of enough) {
    const used = findSet(group);
    if (used === undefined) continue;
    const needed = neededFor(thresholdOf(group));
    const claim = agreedClaim(group, needed);
    if (claim === undefined) return { kind: "conflict", about: "documentKey", agreeing: recordsIn(group), needed };
    return { kind: "ready", claim, used, wrong: group.filter((one) => !used.includes(one) && !liesWith(used, one)) };
  }
  return { kind: "wrong", ...counts };
};

/** A place is one node's: two that say that they are there are one record. */
const recordsIn = (shares: readonly DealtShare[]): number => new Set(shares.map(({ place }) => place)).size;

const thresholdOf = ([one]: readonly DealtShare[]): number => one?.claim.threshold ?? 0;

const groupedBy = <One>(ones: readonly One[], nameOf: (one: One) => string): ReadonlyMap<string, readonly One[]> => {
  const groups = new Map<string, One[]>();
  for (const one of ones) groups.set(nameOf(one), [...(groups.get(nameOf(one)) ?? []), one]);
  return groups;
};

/** The claim with the pair that enough records have; without one where none has any. Undefined: some have one, and none that enough have, or two. */
const agreedClaim = (group: readonly DealtShare[], needed: number): OldKeyClaim | undefined => {
  const withPair = group.filter(({ claim }) => claim.documentKey !== undefined);
  if (withPair.length === 0) return group[0]?.claim;
  const said = [...groupedBy(withPair, ({ claim }) => pairNameOf(claim) ?? "").values()].filter((same) => recordsIn(same) >= needed);
  return said.length === 1 ? said[0]?.[0]?.claim : undefined;
};

/** The first t+1, by place, that add up to the key. */
const findSet = <Share extends DealtShare>(group: readonly Share[]): readonly Share[] | undefined => {
  const [first] = group;
  if (first === undefined) return undefined;
  const { publicKey, threshold } = first.claim;
  const sorted = group.toSorted((a, b) => (a.place < b.place ? -1 : 1));
  let tried = 0;
  for (const set of setsOf(sorted, threshold + 1)) {
    if (recordsIn(set) < set.length) continue;
    tried += 1;
    if (tried > MOST_SETS) return undefined;
    if (pointAtZero(set.map(({ place, constant: point }) => ({ place, point }))).equals(publicKey)) return set;
  }
  return undefined;
};

function* setsOf<One>(ones: readonly One[], size: number): Generator<readonly One[]> {
  if (size === 0) yield [];
  else
    for (let i = 0; i + size <= ones.length; i += 1)
      for (const rest of setsOf(ones.slice(i + 1), size - 1)) yield [ones[i] as One, ...rest]; // true: i is below the length
}

/** Whether a share lies on the polynomial of t+1 others: what stands at its own place, which is 0 when all places are moved by it. */
const liesWith = (used: readonly DealtShare[], { place, constant }: DealtShare): boolean => {
  const there = used.find((one) => one.place === place);
  if (there !== undefined) return there.constant.equals(constant);
  return pointAtZero(
    used.map((one) => ({ place: (((one.place - place) % CURVE_ORDER) + CURVE_ORDER) % CURVE_ORDER, point: one.constant })),
  ).equals(constant);
};
