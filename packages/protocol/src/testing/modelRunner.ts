/** What every keeper in memory has: a disk that survives restarts, and a runner that stores before it speaks. */
import {
  type Disbelieve,
  type Done,
  type EraseShare,
  isKeepEffect,
  type KeyShareContent,
  type SaveDealing,
  type SaveShare,
  type Unready,
} from "../session/effects.ts";

/** What survives kill -9. */
export type Disk = {
  dealing: Uint8Array | undefined;
  readonly shares: Map<string, KeyShareContent>;
  active: string | undefined;
  outcome: "active" | "failed" | undefined;
};

export const emptyDisk = (): Disk => ({ dealing: undefined, shares: new Map(), active: undefined, outcome: undefined });

/** `distort` changes what this keeper deals: for dealers that cheat. */
export const createModelKeep = (disk: Disk, unready: (Unready | Disbelieve)[], distort: (dealing: Uint8Array) => Uint8Array) => ({
  saveDealing: async (effect: SaveDealing) => {
    disk.dealing ??= distort(effect.dealing);
  },
  saveShare: async (effect: SaveShare) => void disk.shares.set(effect.content.digest, effect.content),
  eraseShare: async (effect: EraseShare) => void disk.shares.delete(effect.digest),
  unready: async (effect: Unready) => void unready.push(effect),
  disbelieve: async (effect: Disbelieve) => void unready.push(effect),
  done: async (effect: Done) => {
    disk.active = effect.digest;
    disk.outcome = effect.outcome;
  },
});

/** Performs what is due; `mayCrash` is asked before each effect. False when it crashed. */
export const actOn =
  <Effect extends { readonly kind: string }>(disk: Disk, steps: () => readonly Effect[], perform: (effect: Effect) => Promise<void>) =>
  async (mayCrash: () => boolean = () => false): Promise<boolean> => {
    for (let round = 0; round < 4 && disk.outcome === undefined; round += 1) {
      const due = steps();
      for (const effect of due) {
        if (mayCrash()) return false;
        await perform(effect);
      }
      if (!due.some(isKeepEffect)) return true;
    }
    return true;
  };
