import { randomBytes } from "@noble/hashes/utils.js";
import { bytesToInteger, integerToWord } from "./bytes.ts";
import type { Calculation, SecretFactor } from "./calculation.ts";
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
  const bytes = randomScalarBytes(random);
  const scalar = bytesToInteger(bytes);
  bytes.fill(0);
  return scalar;
}

/** The same as 32 big-endian bytes, secret; the caller overwrites them. */
export function randomScalarBytes(random: RandomSource = secureRandom): Uint8Array {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const bytes = drawBytes(random, 32);
    if (isScalarInRange(bytes)) return bytes;
  }
  throw new ThresholdError("INVALID_RANDOM", `The random source gave no scalar in ${MAX_DRAWS} draws; do not use it.`);
}

const ORDER_BYTES = integerToWord(CURVE_ORDER);

/** Whether 32 big-endian bytes are an integer in 1..n-1: no branch tells one such integer from another. */
function isScalarInRange(bytes: Uint8Array): boolean {
  let [borrow, any] = [0, 0];
  for (let i = 31; i >= 0; i--) {
    const [byte, limit] = [bytes[i] as number, ORDER_BYTES[i] as number];
    borrow = (byte - limit - borrow) >>> 31;
    any |= byte;
  }
  return borrow === 1 && any !== 0;
}

/** A fresh non-zero factor of a calculation, secret: a nonce. Throws INVALID_RANDOM. */
export function drawnFactor(calculation: Pick<Calculation, "secret">, random: RandomSource): SecretFactor {
  const bytes = randomScalarBytes(random);
  const factor = calculation.secret(bytes);
  bytes.fill(0);
  return factor;
}

/** Draws again while `attempt` returns undefined (a degenerate value, PROTOCOL section 2.3). Throws INVALID_RANDOM after 16 attempts. */
export function untilUsable<T>(attempt: () => T | undefined): T {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const result = attempt();
    if (result !== undefined) return result;
  }
  throw new ThresholdError("INVALID_RANDOM", `${MAX_DRAWS} proofs in a row were degenerate; the random source is broken.`);
}
