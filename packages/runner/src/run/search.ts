/** How much of a pattern the system's own search is asked for: it is the fastest, and quadratic in its pattern where a text repeats itself. */
const KEY_BYTES = 16;

/** How much of a text is looked at in one go: less than a millisecond, whatever it repeats. */
export const SLICE_BYTES = 256 * 1024;

/** Looks for one pattern, in time linear in the text whatever text and pattern are (Knuth, Morris and Pratt). */
export type Search = {
  /**
   * Marks each byte of each occurrence with 1, overlapping ones too, and returns the length of the longest beginning of the pattern that the text ends with.
   * Yields after each `SLICE_BYTES`, for who has something else to do.
   */
  readonly mark: (text: Buffer, marks: Uint8Array) => Generator<undefined, number>;
  /** Zeroes the pattern, and what was made of it. */
  readonly forget: () => void;
};

/** For each length, the longest shorter beginning of the pattern that a beginning of this length ends with. */
const fallbacksOf = (pattern: Buffer): Uint32Array => {
  const fallbacks = new Uint32Array(pattern.length + 1);
  let length = 0;
  for (let at = 1; at < pattern.length; at++) {
    while (length > 0 && pattern[at] !== pattern[length]) length = fallbacks[length] as number; // each index is inside: at most the pattern's length
    if (pattern[at] === pattern[length]) length += 1;
    fallbacks[at + 1] = length;
  }
  return fallbacks;
};

export const createSearch = (pattern: Buffer): Search => {
  const [fallbacks, key, size] = [fallbacksOf(pattern), pattern.subarray(0, KEY_BYTES), pattern.length];
  return {
    *mark(text, marks) {
      let [found, marked, pause] = [0, 0, SLICE_BYTES]; // bytes of the pattern that are there; where the next mark may be needed
      for (let at = 0; at < text.length; at++) {
        if (at >= pause) {
          yield;
          pause = at + SLICE_BYTES;
        }
        if (found === 0) {
          const end = Math.min(text.length, at + SLICE_BYTES);
          const next = text.subarray(at, end).indexOf(key);
          if (next !== -1) at += next;
          else at = Math.max(at, end - key.length + 1); // the last bytes may be a beginning of the key
        }
        while (found > 0 && text[at] !== pattern[found]) found = fallbacks[found] as number;
        if (text[at] === pattern[found]) found += 1;
        if (found < size) continue;
        marks.fill(1, Math.max(marked, at + 1 - size), at + 1);
        marked = at + 1;
        found = fallbacks[found] as number;
      }
      return found;
    },
    forget: () => {
      pattern.fill(0);
      fallbacks.fill(0);
    },
  };
};
