import { bytesToInteger } from "../bytes.ts";
import { ThresholdError } from "../errors.ts";
import { type Point, pointFromXY } from "../point.ts";
import { assertNonZeroScalar, assertScalar } from "../scalar.ts";
import type { SchnorrProof } from "../schnorr.ts";

/** What 32-byte words are read as, in order. Throws INVALID_POINT, INVALID_SCALAR. */
export type WordTaker = { readonly point: () => Point; readonly scalar: () => bigint; readonly proof: () => SchnorrProof };

/** Reads bytes of exactly this length, word by word. Throws INVALID_ENCODING. PROTOCOL section 3.3. */
export function takeWords(bytes: Uint8Array, length: number, what: string): WordTaker {
  const got: unknown = bytes instanceof Uint8Array ? bytes.length : typeof bytes;
  if (got !== length)
    throw new ThresholdError("INVALID_ENCODING", `A ${what} has exactly ${length} bytes.`, { details: { expected: length, got } });
  let end = 0;
  const take = (): bigint => {
    end += 32;
    return bytesToInteger(bytes.subarray(end - 32, end));
  };
  return {
    point: () => pointFromXY(take(), take()),
    scalar: () => {
      const word = take();
      assertScalar(word, "encrypted share");
      return word;
    },
    proof: () => ({ c: nonZero(take()), z: nonZero(take()) }),
  };
}

function nonZero(word: bigint): bigint {
  assertNonZeroScalar(word, "proof scalar");
  return word;
}
