import { randomBytes } from "@noble/hashes/utils.js";
import { bytesToInteger } from "./bytes.ts";
import { ThresholdError } from "./errors.ts";
import { CURVE_ORDER } from "./scalar.ts";

/** Returns `length` fresh secret random bytes. */
export type RandomSource = (length: number) => Uint8Array;

/** The platform's cryptographic random source, by noble. */
export const secureRandom: RandomSource = (length) => randomBytes(length);

// A uniform source fails one draw with probability 2^-128: 16 failures in a row mean that it is broken.
const MAX_DRAWS = 16;

/** `length` bytes from the source. Throws INVALID_RANDOM when it returns anything else. */
export function drawBytes(random: RandomSource, length: number): Uint8Array {
  const bytes: unknown = typeof random === "function" ? random(length) : undefined;
  if (bytes instanceof Uint8Array && bytes.length === length) return bytes;
  throw new ThresholdError("INVALID_RANDOM", `The random source must return ${length} bytes; do not use it.`, { details: { length } });
}

/** A uniform scalar in 1..n-1 by rejection. Throws INVALID_RANDOM. PROTOCOL section 1.2. */
export function randomScalar(random: RandomSource = secureRandom): bigint {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const value = bytesToInteger(drawBytes(random, 32));
    if (value > 0n && value < CURVE_ORDER) return value;
  }
  throw new ThresholdError("INVALID_RANDOM", `The random source gave no scalar in ${MAX_DRAWS} draws; do not use it.`);
}

/** Draws again while `attempt` returns undefined (a degenerate value, PROTOCOL section 2.3). Throws INVALID_RANDOM after 16 attempts. */
export function untilUsable<T>(attempt: () => T | undefined): T {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const result = attempt();
    if (result !== undefined) return result;
  }
  throw new ThresholdError("INVALID_RANDOM", `${MAX_DRAWS} proofs in a row were degenerate; the random source is broken.`);
}
