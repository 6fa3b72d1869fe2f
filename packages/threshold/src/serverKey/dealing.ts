import { type Dealing, type DealingShape, readDealing } from "../dkg/dealing.ts";
import { assertServerKeyThreshold } from "../slot.ts";

/**
 * Reads a dealing of a server key, as `parseDealing` reads one of the chain. Throws INVALID_THRESHOLD, INVALID_ENCODING, INVALID_POINT, INVALID_SCALAR.
 * PROTOCOL sections 3.3 and 8.1.
 */
export function parseServerKeyDealing(bytes: Uint8Array, shape: DealingShape): Dealing {
  assertServerKeyThreshold(shape.threshold, shape.members);
  return readDealing(bytes, shape);
}
