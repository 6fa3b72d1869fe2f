import { type Heads, isUnavailable } from "@keyquorum/chain";
import { KeyquorumError } from "@keyquorum/wire";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import { isDamagedShare } from "./damagedShare.ts";
import type { KeyBook } from "./keyBook.ts";
import type { KeyMaterials } from "./keyMaterials.ts";

/** Each costs a few milliseconds and a few questions to the chain. */
const AT_ONCE = 4;

/**
 * Compares every share in use, as it is on the disk, with the commitments that the chain has: once after the start, and once in every epoch, a few at each
 * call. One that is not what the chain knows is missing from then on, and repaired.
 */
export const createShareCheck = (options: {
  readonly materials: Pick<KeyMaterials, "check">;
  readonly keyBook: Pick<KeyBook, "keys">;
  /** The newest open epoch. */
  readonly epoch: () => number;
  readonly log: Logger;
}): ((heads: Heads) => Promise<void>) => {
  const { materials, keyBook, log } = options;
  const checked = new Set<string>();
  let seen = options.epoch();

  return async ({ final }) => {
    if (options.epoch() !== seen) checked.clear();
    seen = options.epoch();
    const due = keyBook.keys().filter((key) => key.share === "held" && !checked.has(`${key.keyId}:${key.epoch}`));
    for (const { keyId, epoch } of due.slice(0, AT_ONCE)) {
      checked.add(`${keyId}:${epoch}`);
      try {
        await materials.check(keyId, epoch, final);
      } catch (error) {
        // The chain could not be asked, or the mirror is behind; or the share is missing now, and looked at again when it is back.
        const isPassing = isUnavailable(error) || error instanceof KeyquorumError;
        if (isPassing) checked.delete(`${keyId}:${epoch}`);
        if (!isPassing || isDamagedShare(error))
          log.error("This keeper's share of a key cannot be used as it is on the disk", { keyId, epoch, ...describeError(error) });
      }
    }
  };
};
