/** What a guest has printed, in one buffer: however small the parts are in which it comes, nothing else is kept of them. */
export type Output = {
  /** Takes a copy. False, and nothing is taken: it would have more bytes than it may. */
  readonly add: (part: Uint8Array) => boolean;
  /** All of it so far: a view, until the next `add`. */
  readonly bytes: () => Buffer;
  /** Zeroes it. */
  readonly forget: () => void;
};

const FIRST_BYTES = 4_096;

export const createOutput = (mostBytes: number): Output => {
  let [held, size] = [Buffer.alloc(0), 0];
  const grow = (needed: number): void => {
    const larger = Buffer.alloc(Math.min(mostBytes, Math.max(needed, 2 * held.length, FIRST_BYTES)));
    held.copy(larger, 0, 0, size);
    held.fill(0);
    held = larger;
  };
  return {
    add: (part) => {
      const next = size + part.length;
      if (next > mostBytes) return false;
      if (next > held.length) grow(next);
      held.set(part, size);
      size = next;
      return true;
    },
    bytes: () => held.subarray(0, size),
    forget: () => {
      held.fill(0);
      size = 0;
    },
  };
};
