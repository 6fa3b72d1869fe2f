/** How much of a pattern the system's own search is asked for: it is the fastest, and quadratic in its pattern where a text repeats itself. */
const KEY_BYTES = 16;

/** Looks for one pattern, in time linear in the text whatever text and pattern are (Knuth, Morris and Pratt). */
export type Search = {
  /** Marks each byte of each occurrence with 1, overlapping ones too, and gives the length of the longest beginning of the pattern that the text ends with. */
  readonly mark: (text: Buffer, marks: Uint8Array) => number;
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
    mark: (text, marks) => {
      let [found, marked] = [0, 0]; // bytes of the pattern that are there; where the next mark may be needed
      for (let at = 0; at < text.length; at++) {
        if (found === 0) {
          const next = text.indexOf(key, at);
          at = next === -1 ? Math.max(at, text.length - key.length + 1) : next; // the last bytes may be a beginning of the key
          if (at >= text.length) break;
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
