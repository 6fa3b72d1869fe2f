import type { CID } from "multiformats/cid";
import type { BlockStorage } from "./blockStorage.ts";

type Held = {
  /** How many adds and transfers hold a block. */
  readonly counts: Map<string, number>;
  /** Removals of blocks that are under way. */
  readonly removals: Map<string, Promise<void>>;
  /** How many `whileRemoving` run. */
  removers: number;
  /** What is let go when none runs any more. */
  readonly releases: (() => void)[];
};

/** A block by its hash alone, in 32 characters: large blobs have many, and `blockKey` is a string of a kilobyte and more while it is young. */
const keyOf = ({ multihash }: CID): string => String.fromCharCode(...multihash.digest);

/** One per storage, however many stores are made over it. */
const heldOf = new WeakMap<BlockStorage, Held>();

const heldIn = (blocks: BlockStorage): Held => {
  const held = heldOf.get(blocks) ?? { counts: new Map(), removals: new Map(), removers: 0, releases: [] };
  heldOf.set(blocks, held);
  return held;
};

/** For storages that lie on top of others: what is held in one is held in both. */
export const shareHolders = (blocks: BlockStorage, beneath: BlockStorage): void => {
  heldOf.set(blocks, heldIn(beneath));
};

/** The blocks that one add or transfer counts on, from before it looks for them until its root is written: nobody in this process removes these. */
export const createHolder = (blocks: BlockStorage) => {
  const held = heldIn(blocks);
  const own: string[] = [];
  const release = (): void => {
    for (const key of own.splice(0)) {
      const left = (held.counts.get(key) ?? 1) - 1;
      if (left === 0) held.counts.delete(key);
      else held.counts.set(key, left);
    }
  };
  return {
    /** Resolves when the block is held: after a removal of it that has begun. */
    hold: async (cid: CID): Promise<void> => {
      const key = keyOf(cid);
      own.push(key);
      held.counts.set(key, (held.counts.get(key) ?? 0) + 1);
      await held.removals.get(key);
    },
    /** Lets go, once no removal runs: one that listed the roots before ours was written does not know that our blocks are needed. */
    release: (): void => {
      if (held.removers === 0) release();
      else held.releases.push(release);
    },
  };
};

/** Runs a removal. It is given what removes a block unless somebody holds it. */
export const whileRemoving = async (blocks: BlockStorage, work: (remove: (cid: CID) => Promise<void>) => Promise<void>): Promise<void> => {
  const held = heldIn(blocks);
  held.removers++;
  try {
    await work(async (cid) => {
      const key = keyOf(cid);
      if (held.counts.has(key) || blocks.remove === undefined) return;
      const removal = blocks.remove(cid);
      const settled = removal.catch(() => undefined);
      held.removals.set(key, settled);
      await removal.finally(() => {
        if (held.removals.get(key) === settled) held.removals.delete(key);
      });
    });
  } finally {
    held.removers--;
    if (held.removers === 0) for (const release of held.releases.splice(0)) release();
  }
};
