import type { KeeperStatus } from "../report/status.ts";
import type { Core } from "../run/core.ts";
import { every } from "../run/every.ts";
import type { Story } from "../run/story.ts";
import { restWhileQuiet } from "../run/whileQuiet.ts";
import { createConsent } from "./consent.ts";
import { createEpochOutlook } from "./epochOutlook.ts";
import { describeEpochs } from "./epochStatus.ts";
import { createGeneration } from "./generation.ts";
import { createReshare } from "./reshare.ts";
import { createReshareProgress } from "./reshareProgress.ts";
import { createGenerationBoard, createReshareBoard } from "./sessionBoards.ts";
import { SESSION_DUTIES } from "./sessionDuties.ts";
import { createSessionLoop } from "./sessionLoop.ts";
import { sessionResends } from "./sessionResends.ts";

const LOOK_EVERY_MILLISECONDS = 2_000;

/** Key generations and reshares: this keeper takes part in each until it is over, and deals into later epochs as its operator consents. */
export const sessionsStory = (core: Core): Story => {
  const { config, standing, shares, log } = core;
  const { minDelaySeconds, minThreshold } = config.epochs;
  const { dataDirectory } = config;
  if (minDelaySeconds === 0)
    log.warn(
      "[epochs] minDelaySeconds is 0: this keeper deals its shares into every epoch at once, and its operator has no time to veto one",
    );
  const outlook = createEpochOutlook({ ...core, dataDirectory, minDelaySeconds, slot: standing.slot });
  const consentTo = createConsent({ ...core, dataDirectory, minDelaySeconds, ...(minThreshold === undefined ? {} : { minThreshold }) });
  const reshares = createReshareProgress(core);
  const parts = { ...core, ...shares, stagingBlocks: config.chain.stagingBlocks };
  const generation = createGeneration({ ...parts, board: createGenerationBoard(core) });
  const reshare = createReshare({ ...parts, board: createReshareBoard(core), progress: reshares, consentTo });
  return {
    name: "sessions",
    on: SESSION_DUTIES,
    work: {
      session: { handler: createSessionLoop(parts, generation) },
      reshare: { handler: createSessionLoop(parts, reshare), lane: "apart" },
    },
    mayResend: sessionResends({ ...core, consentTo }),
    eachRound: every(LOOK_EVERY_MILLISECONDS, core.clock, restWhileQuiet({ ...core, ...core.seen }, outlook.refresh)),
    notices: () => {
      const { dealsLater } = outlook.seen();
      if (dealsLater === undefined) return [];
      return [{ notice: "deals_later", epoch: dealsLater.epoch, until: new Date(dealsLater.until).toISOString() }];
    },
    status: () => ({ epochs: describeEpochs({ outlook, keyBook: shares.keyBook, reshares }) }) satisfies Partial<KeeperStatus>,
  };
};
