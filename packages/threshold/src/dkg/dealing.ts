import { keccak_256 } from "@noble/hashes/sha3.js";
import { assertBytes } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { assertPoint, type Point } from "../point.ts";
import { assertScalar } from "../scalar.ts";
import type { SchnorrProof } from "../schnorr.ts";
import { assertThreshold } from "../slot.ts";
import { encodeWords, keccakWords } from "../words.ts";
import { takeWords } from "./takeWords.ts";

/** What one dealer puts on the board. Public. Encrypted shares are in ascending slot order. PROTOCOL section 3.3. */
export type Dealing = {
  readonly commitments: Point[];
  readonly ephemeral: Point;
  readonly encryptedShares: bigint[];
  readonly possessionOfConstant: SchnorrProof;
  readonly possessionOfEphemeral: SchnorrProof;
};

/** t and the number of members: together they fix the length of a dealing. */
export type DealingShape = { readonly threshold: number; readonly members: number };

/** Exact length in bytes: 64(t+1) + 64 + 32 members + 128. PROTOCOL section 3.3. */
export const dealingLength = ({ threshold, members }: DealingShape): number => 64 * (threshold + 1) + 64 + 32 * members + 128;

/** The bytes of a dealing. PROTOCOL section 3.3. */
export function encodeDealing(dealing: Dealing): Uint8Array {
  const { commitments, ephemeral, encryptedShares, possessionOfConstant: a, possessionOfEphemeral: e } = dealing;
  for (const point of [...commitments, ephemeral]) assertPoint(point);
  for (const share of encryptedShares) assertScalar(share, "encrypted share");
  return encodeWords(...commitments, ephemeral, ...encryptedShares, a.c, a.z, e.c, e.z);
}

/**
 * Reads a dealing: exact length, every point valid, every share < n, every challenge and response in 1..n-1.
 * Throws INVALID_THRESHOLD, INVALID_ENCODING, INVALID_POINT, INVALID_SCALAR. PROTOCOL section 3.3.
 */
export function parseDealing(bytes: Uint8Array, shape: DealingShape): Dealing {
  assertThreshold(shape.threshold, shape.members);
  return readDealing(bytes, shape);
}

/** The same for a shape that the caller has checked by its own rule. */
export function readDealing(bytes: Uint8Array, shape: DealingShape): Dealing {
  const { threshold, members } = shape;
  const take = takeWords(bytes, dealingLength(shape), "dealing of this session");
  return {
    commitments: Array.from({ length: threshold + 1 }, take.point),
    ephemeral: take.point(),
    encryptedShares: Array.from({ length: members }, take.scalar),
    possessionOfConstant: take.proof(),
    possessionOfEphemeral: take.proof(),
  };
}

const CONSTANT_BYTES = 64;

function assertHasConstant(bytes: Uint8Array): void {
  if (bytes instanceof Uint8Array && bytes.length > CONSTANT_BYTES && bytes.length % 32 === 0) return;
  throw new ThresholdError("INVALID_ENCODING", "A dealing is a sequence of 32-byte words, more than two.");
}

/** keccak of the bytes after C_0, 32 bytes. Throws INVALID_ENCODING. PROTOCOL section 3.3. */
export function restHashOf(bytes: Uint8Array): Uint8Array {
  assertHasConstant(bytes);
  return keccak_256(bytes.subarray(CONSTANT_BYTES));
}

/** keccak(C_0.x, C_0.y, restHash), 32 bytes: what the contract stores of a dealing. Throws INVALID_ENCODING. PROTOCOL section 3.3. */
export function dealHashOf(bytes: Uint8Array): Uint8Array {
  assertHasConstant(bytes);
  return keccakWords(bytes.slice(0, 32), bytes.slice(32, 64), restHashOf(bytes));
}

/** Throws INVALID_BYTES unless `sid` is 32 bytes. */
export function assertSid(sid: Uint8Array): void {
  assertBytes(sid, 32, "session id");
}
