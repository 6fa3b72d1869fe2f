import { endOfTurn } from "./endOfTurn.ts";

/** Work that waits for its turn. */
export type Queued = {
  /** It waits for nothing but the vault, so that it may share a commit with others. */
  readonly isBrief: boolean;
};

export type CommitQueue<Work extends Queued> = {
  add(work: Work): void;
  /** Takes out all that has not begun. */
  empty(): readonly Work[];
  /** Resolves when nothing is under way and nothing waits. */
  idle(): Promise<void>;
};

/** At most so many writers share a commit. */
export const MOST_TOGETHER = 64;

/**
 * Who writes when: the first at once, alone; those who come while it writes, or before the event loop's turn is over, share the next commit and its one
 * fsync, in the order in which they came. Work that may wait for something else has a commit of its own, so that nobody waits for that with it.
 * `commit` never rejects; it answers with what it did not begin, which comes first in the next commit. `didWrite`: whether the last one wrote.
 */
export const createCommitQueue = <Work extends Queued>(options: {
  readonly commit: (together: readonly Work[]) => Promise<readonly Work[]>;
  readonly didWrite: () => boolean;
}): CommitQueue<Work> => {
  const waiting: Work[] = [];
  let running: Promise<void> | undefined;

  const takeTogether = (): readonly Work[] => {
    const long = waiting.findIndex(({ isBrief }) => !isBrief);
    const brief = long === -1 ? waiting.length : long;
    return waiting.splice(0, Math.min(Math.max(brief, 1), MOST_TOGETHER));
  };

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      waiting.unshift(...(await options.commit(takeTogether())));
      if (options.didWrite()) await endOfTurn();
    }
    running = undefined;
  };

  return {
    add: (work) => {
      waiting.push(work);
      running ??= run();
    },
    empty: () => waiting.splice(0),
    idle: async () => running,
  };
};
