/** Numbers that follow from a seed: the same seed draws the same faults. Not for secrets. */
export type Draw = {
  /** A whole number from 0 to `below` - 1. */
  readonly below: (below: number) => number;
  readonly oneOf: <T>(values: readonly T[]) => T;
  /** `count` different values, in the order of `values`. */
  readonly some: <T>(values: readonly T[], count: number) => readonly T[];
};

/** mulberry32 over the seed's characters. */
export const createDraw = (seed: string): Draw => {
  let state = [...seed].reduce((hash, character) => Math.imul(hash ^ character.charCodeAt(0), 0x01000193), 0x811c9dc5 | 0);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    oneOf: (values) => {
      const value = values[below(values.length)];
      if (value === undefined) throw new Error("there is nothing to draw from");
      return value;
    },
    some: (values, count) => {
      const rest = values.map((_, index) => index);
      while (rest.length > count) rest.splice(below(rest.length), 1);
      return rest.flatMap((index) => values[index] ?? []);
    },
  };
};
