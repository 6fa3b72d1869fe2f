import type { ExtensionServices } from "@keyquorum/keeper";
import type { Hash32 } from "@keyquorum/wire";
import { isFresh } from "./permission.ts";

/** Asks whose last release is remembered: more than are repeated within a second. */
const MOST_REMEMBERED = 64;

/** Runs `release` for an ask unless its last release is new enough still: whoever repeats an ask costs neither decision nor record. Throws what it throws. */
export type SharedReleases = (ask: Hash32, release: () => Promise<number>) => Promise<void>;

/** `release` answers with when its decision began. */
export const createSharedReleases = (clock: ExtensionServices["clock"]): SharedReleases => {
  const released = new Map<Hash32, Promise<number>>();

  /** Whether the newest release of an ask is new, once it is there. */
  const isReleased = async (ask: Hash32): Promise<boolean> => {
    const last = released.get(ask);
    if (last === undefined) return false;
    if (isFresh(clock, await last)) return true;
    return released.get(ask) === last ? false : isReleased(ask);
  };

  return async (ask, release) => {
    if (await isReleased(ask)) return;
    const deciding = release();
    released.set(ask, deciding);
    const [oldest] = released.keys();
    if (released.size > MOST_REMEMBERED && oldest !== undefined) released.delete(oldest);
    try {
      await deciding;
    } catch (error) {
      if (released.get(ask) === deciding) released.delete(ask);
      throw error;
    }
  };
};
