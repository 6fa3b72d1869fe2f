import { createAbsenceCheck, createSecondLook } from "@keyquorum/chain";
import { parseAddress } from "@keyquorum/wire";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { readDeployment, type ServedContracts } from "../contracts/deployment.ts";
import { openOperatorKey } from "../membership/operatorKey.ts";
import { silentLogger } from "../report/logger.ts";
import { createMetrics } from "../report/metrics.ts";
import { readKeeperStatus } from "../report/status.ts";
import { systemClock } from "../run/clock.ts";
import { KeeperError } from "../run/errors.ts";
import { OWN_DUTIES } from "../run/ownDuties.ts";
import { createDutyRunner } from "../run/performDuties.ts";
import { rpcOf } from "../run/rpcOf.ts";
import { openKeeperVault } from "../run/vaultFile.ts";
import { openFollowerCursor } from "./followerCursor.ts";
import { watchedLogsOf } from "./noteAbsences.ts";
import { createReadAgain } from "./readAgain.ts";
import { type MirrorProgress, THOROUGH } from "./readingAgain.ts";
import { wantMirror } from "./wantedMirror.ts";

const SAY_EVERY_MILLISECONDS = 1_000;

type Options = { readonly config: KeeperConfig; readonly from: number; readonly say: (progress: MirrorProgress) => void };

/**
 * Reads final blocks again from a block on, up to the newest final one that is mirrored, and mirrors what was missing. A keeper that runs does it
 * itself, beside its work; this waits for it, and when it is interrupted the keeper continues with it. Extensions' duties are run by a running keeper only.
 * Throws KeeperError, and ChainUnavailableError when a stopped keeper's RPC cannot be asked.
 */
export const mirrorAgain = async (config: KeeperConfig, from: number, say: Options["say"] = () => undefined): Promise<MirrorProgress> => {
  const contracts = await readDeployment(config);
  const operator = parseAddress((await openOperatorKey(config.operator)).address);
  try {
    const vault = await openKeeperVault({ config, contracts, operator, clock: systemClock });
    try {
      return await readStopped({ config, from, say }, contracts, vault);
    } finally {
      await vault.close();
    }
  } catch (error) {
    if (error instanceof KeeperError && error.code === "KEEPER_ALREADY_RUNNING") return askRunning({ config, from, say });
    throw error;
  }
};

const readStopped = async (
  { config, from, say }: Options,
  contracts: ServedContracts,
  vault: Awaited<ReturnType<typeof openKeeperVault>>,
): Promise<MirrorProgress> => {
  const cursor = openFollowerCursor(vault, contracts.block);
  const rpc = rpcOf(config, systemClock);
  const watched = watchedLogsOf(contracts);
  const [log, metrics] = [silentLogger, createMetrics({ version: "", processMetrics: false })];
  const readAgain = createReadAgain({
    look: createSecondLook({
      ...{ rpc, addresses: [...watched.keys()] },
      absences: createAbsenceCheck({ rpc, watched, clock: systemClock }),
    }),
    performDuties: createDutyRunner({ contracts, stories: OWN_DUTIES, log }),
    ...{ vault, cursor, log, metrics },
  });
  const to = (await cursor.load())?.final?.number ?? -1;
  let progress: MirrorProgress = { number: 1, from, next: Math.max(from, contracts.block), to, late: 0 };
  let saidAt = 0;
  while (progress.next <= to) {
    const range = { from: progress.next, to: Math.min(to, progress.next + THOROUGH - 1) };
    const late = await readAgain(range);
    progress = { ...progress, next: range.to + 1, late: progress.late + late };
    if (systemClock.now() - saidAt < SAY_EVERY_MILLISECONDS) continue;
    saidAt = systemClock.now();
    say(progress);
  }
  return progress;
};

const askRunning = async ({ config, from, say }: Options): Promise<MirrorProgress> => {
  const before = (await readKeeperStatus(config)).mirroring;
  await wantMirror(config.dataDirectory, from);
  for (;;) {
    await systemClock.sleep(SAY_EVERY_MILLISECONDS);
    const { mirroring } = await readKeeperStatus(config);
    if (mirroring === null || (before !== null && mirroring.number <= before.number)) continue;
    say(mirroring);
    if (mirroring.next > mirroring.to) return mirroring;
  }
};
