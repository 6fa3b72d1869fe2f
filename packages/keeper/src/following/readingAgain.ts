import { type FinalRange, isUnavailable } from "@keyquorum/chain";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Clock } from "../run/clock.ts";
import { hasCome } from "../run/every.ts";
import type { ReadAgain } from "./readAgain.ts";
import type { WantedMirror } from "./wantedMirror.ts";

/** How far a reading that the operator asked for is. Public. */
export type MirrorProgress = {
  /** Which of this life's readings it is, from 1. */
  readonly number: number;
  readonly from: number;
  readonly next: number;
  readonly to: number;
  readonly late: number;
};

/** So many blocks are looked at one by one, too. */
export const THOROUGH = 64;
const EVERY_MILLISECONDS = 30_000;
const BEHIND_MILLISECONDS = 2_000;
/** Blocks that an earlier life of the keeper read, too, are read again at the start and once an hour: an RPC may have been wrong for long. */
export const RECENT = 2_000;
const RECENT_EVERY_MILLISECONDS = 3_600_000;
/** A round of work waits for it: no reading takes longer at a time. */
const AT_A_TIME_MILLISECONDS = 1_000;

/**
 * Reads every final block a second time, soon after it became final, and the recent ones once an hour; where the operator asks for it, from any block
 * on. A chain that cannot be asked just now is asked at the next round: it never throws for that.
 */
export const createReadingAgain = (options: {
  readonly readAgain: ReadAgain;
  /** Where the mirror stood when this life began; undefined: nowhere. */
  readonly mirroredBefore: number | undefined;
  /** No log of ours is older. */
  readonly fromBlock: number;
  readonly maxRange: number;
  readonly wanted: WantedMirror;
  readonly clock: Clock;
  readonly log: Logger;
}) => {
  const { readAgain, fromBlock, clock, log } = options;
  const recentFrom = (block: number): number => Math.max(fromBlock, block - RECENT + 1);
  let next = options.mirroredBefore === undefined ? fromBlock : recentFrom(options.mirroredBefore);
  let [dueAt, recentAt, size] = [0, clock.now() + RECENT_EVERY_MILLISECONDS, options.maxRange];
  let progress: MirrorProgress | undefined;

  /** Blocks from `first` on: all of them where they are few, as many as one question may span else. */
  const rangeFrom = (first: number, final: number): FinalRange => ({
    from: first,
    to: final - first < THOROUGH ? final : Math.min(final, first + size - 1),
  });

  const scheduled = async (final: number, signal: AbortSignal): Promise<void> => {
    const now = clock.now();
    if (!hasCome(dueAt, { now, longest: EVERY_MILLISECONDS })) return;
    if (hasCome(recentAt, { now, longest: RECENT_EVERY_MILLISECONDS })) {
      next = Math.min(next, recentFrom(final));
      recentAt = now + RECENT_EVERY_MILLISECONDS;
    }
    if (next <= final) {
      const range = rangeFrom(next, final);
      await readAgain(range, signal);
      next = range.to + 1;
      size = Math.min(options.maxRange, size * 2);
    }
    dueAt = clock.now() + (final - next < THOROUGH ? EVERY_MILLISECONDS : BEHIND_MILLISECONDS);
  };

  const asked = async (final: number, signal: AbortSignal): Promise<void> => {
    const from = await options.wanted.read();
    if (from === undefined) return;
    if (progress === undefined || progress.from !== from || progress.next > progress.to)
      progress = { number: (progress?.number ?? 0) + 1, from, next: Math.max(from, fromBlock), to: final, late: 0 };
    const until = clock.now() + AT_A_TIME_MILLISECONDS;
    while (progress.next <= progress.to && !signal.aborted) {
      const range: FinalRange = { from: progress.next, to: Math.min(progress.to, progress.next + THOROUGH - 1) };
      const late = await readAgain(range, signal);
      progress = { ...progress, next: range.to + 1, late: progress.late + late };
      if (clock.now() >= until) break;
    }
    if (progress.next <= progress.to) return;
    await options.wanted.forget();
    log.info("The blocks that the operator named were read again", progress);
  };

  return {
    /** `final`: the newest final block that is mirrored. */
    round: async (final: number, signal: AbortSignal): Promise<void> => {
      try {
        await scheduled(final, signal);
        await asked(final, signal);
      } catch (error) {
        if (signal.aborted || !isUnavailable(error)) throw error;
        size = Math.max(1, Math.floor(size / 2));
        dueAt = clock.now() + EVERY_MILLISECONDS;
        log.debug("Final blocks could not be read again; trying later", describeError(error));
      }
    },
    progress: () => progress,
    /** The first block that will be read again although nobody asks for it, now or in an hour: a log that is dropped from there on would seem to come late. */
    nextFrom: (final: number): number => Math.min(next, recentFrom(final)),
  };
};

export type ReadingAgain = ReturnType<typeof createReadingAgain>;
