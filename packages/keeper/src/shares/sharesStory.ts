import type { ChainView } from "../following/followChain.ts";
import type { KeeperStatus } from "../report/status.ts";
import type { Core } from "../run/core.ts";
import { every } from "../run/every.ts";
import type { Story } from "../run/story.ts";
import { restWhileQuiet } from "../run/whileQuiet.ts";
import { createEraseRetired } from "./eraseRetired.ts";
import { createShareCheck } from "./shareCheck.ts";

const BOOK_EVERY_MILLISECONDS = 2_000;
/** The file is compacted after an erasure: what is due within this time goes together. */
const ERASE_EVERY_MILLISECONDS = 10_000;

/** This keeper's shares: which it should hold, whether they are as the chain knows them, and when they are erased. */
export const sharesStory = (core: Core): Story => {
  const { config, vault, standing, clock, log } = core;
  const { keyBook } = core.shares;
  const { eraseDelaySeconds } = config.epochs;
  if (eraseDelaySeconds === 0)
    log.warn(
      "[epochs] eraseDelaySeconds is 0: this keeper erases shares of former epochs on what is said for one moment by its RPC providers",
    );
  const checkShares = createShareCheck({ ...core.shares, epoch: standing.epoch, log });
  const eraseRetired = createEraseRetired({ ...core, ...core.shares, eraseDelaySeconds });
  const refresh = restWhileQuiet({ clock, ...core.seen, isWaiting: () => keyBook.missingShares().length > 0 }, keyBook.refresh);
  return {
    name: "shares",
    eachRound: every(BOOK_EVERY_MILLISECONDS, clock, async (seen: ChainView) => {
      await refresh(seen);
      await checkShares(seen);
    }),
    upkeep: every(ERASE_EVERY_MILLISECONDS, clock, eraseRetired),
    notices: () => {
      const keys = keyBook.missingShares().length;
      return keys === 0 ? [] : [{ notice: "shares_missing", keys }];
    },
    status: async () => {
      const keys = await vault.keyShares.list();
      return { keys: keys.map(({ keyId, epoch, state }) => ({ keyId, epoch, state })) } satisfies Partial<KeeperStatus>;
    },
  };
};
