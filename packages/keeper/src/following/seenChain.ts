import type { ChainView } from "./followChain.ts";

/** What this keeper saw of the chain at its last look. */
export type SeenChain = {
  /** Undefined before the first look. */
  readonly now: () => ChainView | undefined;
  /** Up to which block logs are mirrored; 0 before the first look. */
  readonly mirrored: () => number;
  /** The final block that the mirror had; -1 before the first look. The mirror is complete up to it, and no reorg changes that. */
  readonly mirroredFinal: () => number;
  /** Takes over a look. */
  readonly note: (view: ChainView) => void;
  /** How often logs were mirrored, late ones included, or taken back. While it stays the same, no event has changed what contracts say. */
  readonly changes: () => number;
  readonly noteChange: () => void;
};

export const createSeenChain = (): SeenChain => {
  let view: ChainView | undefined;
  let changes = 0;
  return {
    now: () => view,
    mirrored: () => view?.mirrored ?? 0,
    mirroredFinal: () => view?.final.number ?? -1,
    note: (seen) => {
      view = seen;
    },
    changes: () => changes,
    noteChange: () => {
      changes += 1;
    },
  };
};
