/** Seeded choices for simulations: the same seed gives the same run. Not for keys outside of tests. */
import { createNonceSource, keccakWords, type NonceSource, type RandomSource } from "@keyquorum/threshold";

export type Dice = {
  /** 0 <= number < 1. */
  readonly next: () => number;
  readonly chance: (probability: number) => boolean;
  readonly below: (limit: number) => number;
  readonly bytes: RandomSource;
};

export const createDice = (seed: number): Dice => {
  let counter = 0;
  const block = () => keccakWords(seed, ++counter);
  const bytes: RandomSource = (length) => {
    const out = new Uint8Array(length);
    for (let offset = 0; offset < length; offset += 32) out.set(block().subarray(0, Math.min(32, length - offset)), offset);
    return out;
  };
  const next = () => {
    const [a = 0, b = 0, c = 0, d = 0] = block();
    return (((a * 256 + b) * 256 + c) * 256 + d) / 2 ** 32;
  };
  return { next, bytes, chance: (probability) => next() < probability, below: (limit) => Math.floor(next() * limit) };
};

/** A keeper's source of nonces, in its first life. */
export const nonceSourceOf = (random: RandomSource, key: Uint8Array = random(32)): NonceSource =>
  createNonceSource({ key, boot: { id: random(16), count: 1 }, random });
