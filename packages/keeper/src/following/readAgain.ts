import type { FinalRange, FollowerState, SecondLook } from "@keyquorum/chain";
import type { FollowerCursor, Vault } from "@keyquorum/vault";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { DutyRunner } from "../run/performDuties.ts";

/**
 * Reads a range of final blocks again and mirrors what was missing, with the work that it sets going, in one transaction: an event that comes late is
 * an event. Answers with how many logs came late. Not to be called while the follower steps: both write the mirror. Throws what the chain throws.
 */
export const createReadAgain = (options: {
  readonly look: SecondLook;
  readonly vault: Pick<Vault, "logs">;
  readonly cursor: Pick<FollowerCursor<FollowerState>, "load" | "commit">;
  readonly performDuties: DutyRunner;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "lateLogs">;
}) => {
  const { look, vault, cursor, performDuties, log, metrics } = options;
  return async (range: FinalRange, signal?: AbortSignal): Promise<number> => {
    const known = await vault.logs.find({ fromBlock: range.from, toBlock: range.to });
    const late = await look(range, known, { signal });
    const state = await cursor.load();
    const isFinal = state?.broken === undefined && (state?.final?.number ?? -1) >= range.to;
    if (late === undefined || late.length === 0 || state === undefined || !isFinal) return 0;
    await cursor.commit({ logs: late, state }, performDuties);
    metrics.lateLogs.inc(late.length);
    log.warn("Logs of final blocks were found late: an RPC had left them out. What they ask for is done now", {
      logs: late.length,
      blocks: [...new Set(late.map(({ blockNumber }) => blockNumber))].slice(0, 10),
    });
    return late.length;
  };
};

export type ReadAgain = ReturnType<typeof createReadAgain>;
