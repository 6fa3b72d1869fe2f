import { createAbsenceCheck, createFollower, createSecondLook, type Follower } from "@keyquorum/chain";
import type { KeeperStatus } from "../report/status.ts";
import type { Core } from "../run/core.ts";
import { every } from "../run/every.ts";
import type { DutyRunner } from "../run/performDuties.ts";
import type { Story } from "../run/story.ts";
import { createForgetTakenBack } from "./forgetTakenBack.ts";
import { createNoteAbsences, watchedLogsOf } from "./noteAbsences.ts";
import { createReadAgain } from "./readAgain.ts";
import { createReadingAgain, type ReadingAgain } from "./readingAgain.ts";
import { wantedMirrorIn } from "./wantedMirror.ts";

const FORGET_EVERY_MILLISECONDS = 10_000;

type Following = Story & { readonly follower: Follower; readonly readAgainFrom: ReadingAgain["nextFrom"] };

/** The mirror of the contracts' logs: an event and what it sets going are one transaction; final blocks are read twice. */
export const followingStory = (core: Core, performDuties: DutyRunner): Following => {
  const { config, contracts, vault, cursor, guard, seen, rpc, clock, log } = core;
  const { finality, maxLogRange: maxRange } = config.chain;
  const forgetTakenBack = createForgetTakenBack(contracts);
  const performNoted: DutyRunner = async (tx, logs) => {
    if (logs.length > 0) seen.noteChange();
    await performDuties(tx, logs);
  };
  const watched = watchedLogsOf(contracts);
  const addresses = [...watched.keys()];
  const absences = createAbsenceCheck({ rpc, watched, clock, onNote: createNoteAbsences(core) });
  const follower = createFollower({
    ...{ rpc, addresses, finality, maxRange, absences, clock },
    fromBlock: contracts.block,
    store: {
      load: cursor.load,
      commit: (batch) => cursor.commit(batch, performNoted),
      rollback: (toBlock, state) => {
        seen.noteChange();
        return cursor.rollback(toBlock, state, forgetTakenBack);
      },
    },
  });
  const readingAgain = createReadingAgain({
    readAgain: createReadAgain({ ...core, look: createSecondLook({ rpc, addresses, absences }), performDuties: performNoted }),
    mirroredBefore: core.mirroredBefore,
    fromBlock: contracts.block,
    wanted: wantedMirrorIn(config.dataDirectory),
    ...{ maxRange, clock, log },
  });
  return {
    name: "following",
    follower,
    readAgainFrom: readingAgain.nextFrom,
    eachRound: ({ final, mirrored }) => readingAgain.round(Math.min(final.number, mirrored), core.stopping),
    upkeep: every(FORGET_EVERY_MILLISECONDS, clock, () => vault.transaction(forgetTakenBack)),
    status: () => {
      const view = seen.now();
      return {
        chainId: contracts.chainId.toString(),
        head: view?.head.number ?? 0,
        final: view?.final.number ?? 0,
        mirrored: view?.mirrored ?? 0,
        finalityBroken: guard.broken() ?? null,
        mirroring: readingAgain.progress() ?? null,
      } satisfies Partial<KeeperStatus>;
    },
  };
};
