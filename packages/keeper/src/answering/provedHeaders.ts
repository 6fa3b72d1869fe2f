import { encodePoint, type Point } from "@keyquorum/threshold";
import { bytesToHex, type DocumentHeader, headerHashOf, verifyHeader } from "@keyquorum/wire";

/** Whether a header's document and proof verify under a key. */
export type ProvedHeaders = (header: DocumentHeader, publicKey: Point) => boolean;

/** Of all keys together: about 4 MB, as each is a hash and a verdict. */
const MOST = 20_000;

/**
 * Remembers what it has verified, right and wrong alike: the proof is a third of an answer's work and most of what a false one costs. The verdict
 * follows from the header, all of which its hash covers, and the key, so that it never changes. Where there are too many, the oldest of the key that has
 * most goes: who sends many headers under one key takes no other key's room.
 */
export const createProvedHeaders = (most = MOST, verify: ProvedHeaders = verifyHeader): ProvedHeaders => {
  const verdictsByKey = new Map<string, Map<string, boolean>>();
  let count = 0;

  const makeRoom = (): void => {
    const [largest] = [...verdictsByKey].toSorted(([, a], [, b]) => b.size - a.size);
    if (largest === undefined) return;
    const [key, verdicts] = largest;
    const [oldest] = verdicts.keys();
    if (oldest !== undefined && verdicts.delete(oldest)) count -= 1;
    if (verdicts.size === 0) verdictsByKey.delete(key);
  };

  return (header, publicKey) => {
    const [key, name] = [bytesToHex(encodePoint(publicKey)), headerHashOf(header)];
    const known = verdictsByKey.get(key)?.get(name);
    if (known !== undefined) return known;
    const verdict = verify(header, publicKey);
    if (count >= most) makeRoom();
    const verdicts = verdictsByKey.get(key) ?? new Map<string, boolean>();
    verdictsByKey.set(key, verdicts);
    verdicts.set(name, verdict);
    count += 1;
    return verdict;
  };
};
