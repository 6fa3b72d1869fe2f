import { ChainUnavailableError, type Follower, type Heads, type StepResult } from "@keyquorum/chain";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Readiness } from "../report/readiness.ts";
import type { Clock } from "../run/clock.ts";
import { KeeperError } from "../run/errors.ts";
import type { FinalityGuard } from "./finalityGuard.ts";

/** What a keeper knows of the chain after the last look. Undefined before the first. */
export type ChainView = Heads & {
  /** Up to which block the logs are mirrored. */
  readonly mirrored: number;
};

type Options = {
  readonly follower: Pick<Follower, "step">;
  readonly pollIntervalMilliseconds: number;
  readonly maxHeadAgeSeconds: number;
  /** Told what each step saw of the final block. */
  readonly guard: Pick<FinalityGuard, "note">;
  /** Writes down, between two steps, what is known of broken finality. */
  readonly settle: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<
    Metrics,
    "headBlock" | "headTimestamp" | "finalBlock" | "mirroredBlock" | "reorgs" | "chainFailures" | "lastRound"
  >;
  readonly readiness: Readiness;
  /** Called after a reorg was followed: it may be another chain altogether. */
  readonly onReorg: () => Promise<void>;
  /** Called whenever logs are mirrored up to the head, at every look: work also waits for time. What it throws, the next look repeats. */
  readonly onRound: (view: ChainView) => Promise<void>;
};

/** Short: a window of a key generation may be open, and a look is cheap. */
const LONGEST_DELAY = 5_000;

/**
 * The work loop: looks at the chain, mirrors its logs, then lets the work of this head be done. It never ends by a failure: a chain that cannot
 * be asked, or a full disk, is reported and tried again after a growing delay. Ends when the signal aborts, or throws the KeeperError that says
 * why this keeper must not continue.
 */
export const followChain = async (options: Options, signal: AbortSignal): Promise<void> => {
  const { follower, clock, log, metrics, readiness } = options;
  let failures = 0;
  const isLongBehind = createBehindWatch(clock);

  const report = (error: unknown): void => {
    const isChain = error instanceof ChainUnavailableError;
    readiness.set(isChain ? "chain_unreachable" : "work_failing", true);
    metrics.chainFailures.inc();
    if (isChain) log.warn("The chain cannot be asked; trying again", { failures, ...describeError(error) });
    else log.error("A round of the work loop failed; trying again", { failures, ...describeError(error) });
  };

  while (!signal.aborted) {
    try {
      await options.settle();
      const result = await follower.step({ signal });
      failures = 0;
      readiness.set("chain_unreachable", false);
      options.guard.note(result);
      noteRollback(options, result);
      noteHeads(options, result);
      // While the chain moves under a look the mirror is as good as at the look before; where finality is broken it stands still by intent.
      if (result.kind !== "moved" && result.kind !== "broken") readiness.set("chain_behind", isLongBehind(result.caughtUp));
      if (result.rollback !== undefined) await options.onReorg();
      if (result.caughtUp) await options.onRound({ head: result.head, final: result.final, mirrored: result.state.next - 1 });
      readiness.set("work_failing", false);
      metrics.lastRound.set(clock.now() / 1000);
      if (result.kind === "advanced" && !result.caughtUp) continue;
      await clock.sleep(options.pollIntervalMilliseconds, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KeeperError) throw error;
      failures += 1;
      report(error);
      await clock.sleep(Math.min(LONGEST_DELAY, options.pollIntervalMilliseconds * 2 ** Math.min(failures, 12)), signal);
    }
  }
};

/** Where blocks come faster than looks, a mirror is behind now and then, and serves: only one that stays behind does not. */
const BEHIND_MILLISECONDS = 10_000;

const createBehindWatch = ({ now }: Pick<Clock, "now">): ((isCaughtUp: boolean) => boolean) => {
  let since: number | undefined;
  return (isCaughtUp) => {
    since = isCaughtUp ? undefined : (since ?? now());
    return since !== undefined && now() - since >= BEHIND_MILLISECONDS;
  };
};

const noteRollback = ({ log, metrics }: Options, { rollback, head }: StepResult): void => {
  if (rollback === undefined) return;
  metrics.reorgs.inc();
  const data = { toBlock: rollback.toBlock, head: head.number };
  if (rollback.finalityBroken)
    log.error("The chain was followed below a block that had counted as final, as the operator accepted: consider a longer finality", data);
  else log.warn("The chain was reorganised; followed", data);
};

const noteHeads = ({ clock, metrics, readiness, maxHeadAgeSeconds }: Options, { head, final, state }: StepResult): void => {
  metrics.headBlock.set(head.number);
  metrics.headTimestamp.set(head.timestamp);
  metrics.finalBlock.set(final.number);
  metrics.mirroredBlock.set(state.next - 1);
  readiness.set("chain_stale", clock.now() / 1000 - head.timestamp > maxHeadAgeSeconds);
};
