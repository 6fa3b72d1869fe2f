import { createHash, randomBytes } from "node:crypto";

/** The seed of the environment, or a new one. Throws an Error for what is no seed. */
export const seedOf = (environment: { readonly KEYQUORUM_SEED?: string | undefined }): string => {
  const { KEYQUORUM_SEED: given } = environment;
  if (given === undefined || given === "") return randomBytes(6).toString("hex");
  if (/^[\w-]{1,64}$/.test(given)) return given;
  throw new Error("KEYQUORUM_SEED must be 1 to 64 letters, digits, _ or -.");
};

/**
 * What all random choices of this run follow from: KEYQUORUM_SEED repeats it. A new seed goes into the environment, so that processes that a
 * test starts have the same one.
 */
export const SEED: string = seedOf(process.env);
process.env.KEYQUORUM_SEED = SEED;

/** 32 bytes that follow from a seed and a name. */
export const seedBytes = (name: string, seed = SEED): Uint8Array => createHash("sha256").update(`${seed}/${name}`).digest();

/** A number of 31 bits that follows from a seed and a name. */
export const seedNumber = (name: string, seed = SEED): number => Buffer.from(seedBytes(name, seed)).readUInt32BE() >>> 1;

/** `count` such numbers, for as many runs of a simulation. */
export const seedNumbers = (name: string, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => seedNumber(`${name} ${index}`));

/** What a failure says about how to repeat it. */
export const howToRepeat = (seed = SEED): string => `Random choices followed from the seed ${seed}; KEYQUORUM_SEED=${seed} repeats them.`;
