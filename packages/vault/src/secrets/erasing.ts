import { type Compaction, readElsewhere } from "../compaction/compaction.ts";
import type { SecretsBook } from "./secretsBook.ts";

/** Who waits until what a committed transaction erased is gone. */
export type Eraser = { readonly tell: () => void; readonly fail: (error: unknown) => void };

/** What committed transactions erased leaves the file of secrets, while others commit. */
export type Erasing = {
  /** Erases what these wait for: at once, or together with all that come while the file is being rewritten. */
  add(erasers: readonly Eraser[]): void;
  /** Resolves when the file is not being rewritten, and what waited was told. */
  idle(): Promise<void>;
};

/**
 * `onErased`: a round is over, and the roll names what is gone. Rounds: each deletes all rows that are due from the file and rewrites it once. Where that fails, who waits is told so; the rows are gone from the records,
 * and the next round, or the next start, finishes it.
 */
export const createErasing = (options: {
  readonly book: Pick<SecretsBook, "erase">;
  readonly compact: Compaction;
  readonly onErased: () => void;
}): Erasing => {
  const waiting: Eraser[] = [];
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const round = waiting.splice(0);
      try {
        options.book.erase();
        if (!(await options.compact())) throw readElsewhere();
        for (const { tell } of round) tell();
        options.onErased();
      } catch (error) {
        for (const { fail } of round) fail(error);
      }
    }
    running = undefined;
  };

  return {
    add: (erasers) => {
      waiting.push(...erasers);
      if (waiting.length > 0) running ??= run();
    },
    idle: async () => running,
  };
};
