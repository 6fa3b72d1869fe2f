import { peerRoutes } from "../peers/peerRoutes.ts";
import type { KeeperStatus } from "../report/status.ts";
import type { Core } from "../run/core.ts";
import { every } from "../run/every.ts";
import { ALWAYS } from "../run/resends.ts";
import type { Story } from "../run/story.ts";
import { createRepairHelp, repairAnswerers } from "./helpRepair.ts";
import { createShareRepairs } from "./shareRepairs.ts";
import { wantedRepairs } from "./wantedRepairs.ts";

const LOOK_EVERY_MILLISECONDS = 2_000;

/** Lost shares: of others, whom this keeper helps, and its own. PROTOCOL section 3.10. */
export const repairingStory = (core: Core): Story => {
  const { config, shares, guard, seen } = core;
  const { finality, maxHeadAgeSeconds } = config.chain;
  const help = createRepairHelp({
    ...core,
    ...shares,
    finality,
    maxHeadAge: maxHeadAgeSeconds,
    minHeadNumber: seen.mirrored,
    checkFinality: guard.check,
  });
  const repairs = createShareRepairs({
    ...core,
    ...shares,
    transport: core.peers,
    wanted: async () => (config.repair.automatic ? undefined : wantedRepairs(config.dataDirectory)),
  });
  return {
    name: "repairing",
    routes: [peerRoutes({ ...core, answerers: repairAnswerers(help) })],
    eachRound: every(LOOK_EVERY_MILLISECONDS, core.clock, (view) => repairs.round(shares.keyBook.missingShares(), view)),
    mayResend: { repair: ALWAYS },
    status: () => ({ repairs: repairs.status() }) satisfies Partial<KeeperStatus>,
    close: repairs.idle,
  };
};
