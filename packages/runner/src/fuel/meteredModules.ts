import { createHash } from "node:crypto";
import { KeyquorumError } from "@keyquorum/wire";
import { MAX_COPY_BYTES, meterModule } from "./meterModule.ts";

/** What a refusal counts for, so that their number has an end, too. */
const REFUSAL_BYTES = 4_096;

/**
 * `meterModule`, 0.2 s for 9 MB, once for each module: copies are kept by the module's SHA-256, those that were used last, and refusals as well. Bytes that
 * come again as the same object are not hashed again.
 * @param keptBytes of copies
 */
export const createMeteredModules = (keptBytes = MAX_COPY_BYTES): ((bytes: Uint8Array) => Uint8Array) => {
  const hashes = new WeakMap<Uint8Array, string>();
  const made = new Map<string, Uint8Array | KeyquorumError>();
  let total = 0;
  const hashOf = (bytes: Uint8Array): string => {
    const hash = hashes.get(bytes) ?? createHash("sha256").update(bytes).digest("hex");
    hashes.set(bytes, hash);
    return hash;
  };
  return (bytes) => {
    const hash = hashOf(bytes);
    const found = made.get(hash) ?? madeOf(bytes);
    if (!made.delete(hash)) total += sizeOf(found);
    made.set(hash, found); // the last one again
    for (const [oldest, one] of made) {
      if (total <= keptBytes) break;
      made.delete(oldest);
      total -= sizeOf(one);
    }
    if (found instanceof KeyquorumError) throw found;
    return found;
  };
};

const sizeOf = (one: Uint8Array | KeyquorumError): number => (one instanceof KeyquorumError ? REFUSAL_BYTES : one.length);

const madeOf = (bytes: Uint8Array): Uint8Array | KeyquorumError => {
  try {
    return meterModule(bytes);
  } catch (error) {
    if (error instanceof KeyquorumError) return error;
    throw error;
  }
};
