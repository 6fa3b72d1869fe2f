import { encodePoint, type Point } from "@keyquorum/threshold";
import { bytesToHex, type DocumentHeader, headerHashOf, verifyHeader } from "@keyquorum/wire";

/** Whether a header's document and proof verify under a key. */
export type ProvedHeaders = (header: DocumentHeader, publicKey: Point) => boolean;

const MOST = 10_000;

/**
 * Remembers what it has verified, right and wrong alike: the proof is a third of an answer's work and most of what a false one costs. The verdict
 * follows from the header, all of which its hash covers, and the key, so that it never changes.
 */
export const createProvedHeaders = (most = MOST, verify: ProvedHeaders = verifyHeader): ProvedHeaders => {
  const verdicts = new Map<string, boolean>();
  return (header, publicKey) => {
    const name = `${headerHashOf(header)} ${bytesToHex(encodePoint(publicKey))}`;
    const known = verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = verify(header, publicKey);
    const [oldest] = verdicts.keys();
    if (verdicts.size >= most && oldest !== undefined) verdicts.delete(oldest);
    verdicts.set(name, verdict);
    return verdict;
  };
};
