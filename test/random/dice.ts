import { hash } from "node:crypto";
import { SEED, seedBytes } from "./seed.ts";

/** Random choices that the run's seed and a name repeat. Not for secrets outside of tests. */
export type Dice = {
  readonly bytes: (length: number) => Uint8Array;
  /** As `0x` and hexadecimal digits. */
  readonly hex: (length: number) => `0x${string}`;
  /** 0 <= number < 1. */
  readonly next: () => number;
  /** A whole number from 0 to `limit` - 1. */
  readonly below: (limit: number) => number;
  readonly chance: (probability: number) => boolean;
  /** One of the values. Throws an Error when there is none. */
  readonly pick: <T>(values: readonly T[]) => T;
  /** `count` different values, in the order of `values`; all of them when there are no more. */
  readonly some: <T>(values: readonly T[], count: number) => readonly T[];
};

/** The same name and seed roll the same; different names roll independently, so that a test rolls the same alone and among others. */
export const rollDice = (name: string, seed = SEED): Dice => {
  let state = seedBytes(name, seed);
  const named = Buffer.from(`roll${" ".repeat(32)}`);
  const block = (): Uint8Array => {
    state = hash("sha256", state, "buffer");
    named.set(state, "roll".length);
    return hash("sha256", named, "buffer");
  };
  const bytes = (length: number): Uint8Array => {
    const rolled = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) rolled.set(block().subarray(0, Math.min(32, length - at)), at);
    return rolled;
  };
  const next = (): number => Number(Buffer.from(bytes(8)).readBigUInt64BE() >> 11n) / 2 ** 53;
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    bytes,
    hex: (length) => `0x${Buffer.from(bytes(length)).toString("hex")}`,
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (values) => {
      if (values.length === 0) throw new Error("There is nothing to pick from.");
      return values[below(values.length)] as (typeof values)[number]; // below its length
    },
    some: (values, count) => {
      const rest = values.map((_, index) => index);
      while (rest.length > count) rest.splice(below(rest.length), 1);
      return rest.map((index) => values[index] as (typeof values)[number]); // indices of it
    },
  };
};
