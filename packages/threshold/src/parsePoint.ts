import { backend } from "./backend.ts";
import { assertBytes, bytesToInteger } from "./bytes.ts";
import { assertPoint, FIELD_PRIME, invalidPoint, type Point } from "./point.ts";

const NAME = "compressed point";

/** Reads 33 bytes: 02 or 03, then x. Throws INVALID_BYTES, INVALID_POINT. PROTOCOL section 1.3. */
export function parsePoint(bytes: Uint8Array): Point {
  assertBytes(bytes, 33, NAME);
  if (bytes[0] !== 2 && bytes[0] !== 3) throw invalidPoint(NAME, "the first byte is neither 02 nor 03");
  const x = bytesToInteger(bytes.subarray(1));
  if (x >= FIELD_PRIME) throw invalidPoint(NAME, "x is not below p");
  const point = backend.decompress(x, bytes[0] === 3);
  if (point === undefined) throw invalidPoint(NAME, "x is not on the curve");
  assertPoint(point, NAME);
  return point;
}
