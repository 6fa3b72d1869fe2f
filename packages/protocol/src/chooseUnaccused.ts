/** Who accused whom of a wrong dealing: one of the two lies, and nobody can tell which. */
export type Conflict = readonly [number, number];

/**
 * The first `count` of the candidates, in their order of preference, of whom none accused another; undefined where there are no such ones.
 * Honest keepers accuse no honest one, so wherever enough of them answer there is such a set. Ascending. Repairs choose their helpers so, and ECDSA
 * signatures their signers.
 */
export const chooseUnaccused = (
  candidates: readonly number[],
  conflicts: readonly Conflict[],
  count: number,
): readonly number[] | undefined => {
  const accused = new Set(conflicts.flatMap(([one, other]) => [`${one}:${other}`, `${other}:${one}`]));
  let looks = 0;
  const extend = (chosen: readonly number[], from: number): readonly number[] | undefined => {
    if (chosen.length === count) return chosen;
    for (let at = from; at <= candidates.length - (count - chosen.length) && looks < MOST_LOOKS; at += 1) {
      looks += 1;
      const next = candidates[at] as number; // true: at is below the length
      if (chosen.some((other) => accused.has(`${other}:${next}`))) continue;
      const found = extend([...chosen, next], at + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return extend([], 0)?.toSorted((a, b) => a - b);
};

/** Accusations are few; a set of liars that accuses everybody must not stop a keeper. */
const MOST_LOOKS = 100_000;
