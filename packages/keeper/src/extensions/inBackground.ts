/** One thing at a time that nobody waits for: while it is under way, another is left out. */
export type InBackground = {
  readonly start: (work: () => Promise<void>) => void;
  /** Resolves when nothing is under way. */
  readonly idle: () => Promise<void>;
};

/** @param onError told what the work throws */
export const createInBackground = (onError: (error: unknown) => void): InBackground => {
  let underWay: Promise<void> | undefined;
  return {
    start: (work) => {
      underWay ??= work()
        .catch(onError)
        .finally(() => {
          underWay = undefined;
        });
    },
    idle: async () => {
      await underWay;
    },
  };
};
