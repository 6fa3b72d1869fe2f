import type { Point } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hash32 } from "@keyquorum/wire";
import { type Effort, findAddingUp, notLyingWith } from "./addingUp.ts";
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
  /** Of no claim there are enough; or of one there are, and no effort is left to see whether they add up. */
  | { readonly kind: "waiting"; readonly agreeing: number; readonly needed: number }
  /** Enough say the same, and no t+1 of theirs were found that add up to the key: some are wrong, and which, nothing tells yet. */
  | { readonly kind: "wrong"; readonly agreeing: number; readonly needed: number }
  /** Enough say one thing, and enough another; or no pair is said by enough. Until some are withdrawn, nothing is imported. */
  | { readonly kind: "conflict"; readonly about: "key" | "documentKey"; readonly agreeing: number; readonly needed: number };

/**
 * Finds what t+1 old shares and enough records agree on. One old node that lies has one voice: it plants no author, pair, threshold or key, as t+1 records at
 * least, and more than half of those who may import, must say the same; and whatever they say, their shares must add up to the key that they name.
 * PROTOCOL section 8.7.
 * @param shares of one id
 * @param neededFor how many records must say the same of a key of threshold t: t+1 at least
 * @param options.mayBringMany whether one importer brings the records of several old nodes. Else who names two places of a key has no voice at all
 * @param options.effort what may be spent, less what this spends
 */
export const findAgreement = async <Share extends DealtShare>(
  shares: readonly Share[],
  neededFor: (threshold: number) => number,
  { mayBringMany = false, effort = { left: Number.POSITIVE_INFINITY } }: { readonly mayBringMany?: boolean; readonly effort?: Effort } = {},
): Promise<Agreement<Share>> => {
  const heard = mayBringMany ? shares : withOnePlace(shares);
  const groups = [...groupedBy(heard, ({ claim }) => `${bytesToHex(keyHashOf(claim))} ${claim.version}`).values()].toSorted(
    (a, b) => recordsIn(b) - recordsIn(a),
  );
  const enough = groups.filter((group) => recordsIn(group) >= neededFor(thresholdOf(group)));
  const [largest = []] = groups;
  const counts = { agreeing: recordsIn(largest), needed: neededFor(thresholdOf(largest)) };
  if (enough.length === 0) return { kind: "waiting", ...counts };
  if (new Set(enough.map(([one]) => (one === undefined ? "" : bytesToHex(keyHashOf(one.claim))))).size > 1)
    return { kind: "conflict", about: "key", ...counts };
  if (effort.left <= 0) return { kind: "waiting", ...counts };
  for (const group of enough) {
    const [first] = group;
    if (first === undefined) continue;
    const used = await findAddingUp(group, { size: thresholdOf(group) + 1, publicKey: first.claim.publicKey, effort });
    if (used === undefined) continue;
    const needed = neededFor(thresholdOf(group));
    const claim = agreedClaim(group, needed);
    if (claim === undefined) return { kind: "conflict", about: "documentKey", agreeing: recordsIn(group), needed };
    const others = group.filter((one) => !used.includes(one));
    return { kind: "ready", claim, used, wrong: await notLyingWith(used, others, effort) };
  }
  return { kind: "wrong", ...counts };
};

/** Of importers that name one place of the key, whatever they say of it: such an importer is one voice. */
const withOnePlace = <Share extends DealtShare>(shares: readonly Share[]): readonly Share[] => {
  const places = groupedBy(shares, ({ importer }) => importer);
  return shares.filter(({ importer }) => recordsIn(places.get(importer) ?? []) === 1);
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
