import type { BlockRef } from "@keyquorum/chain";
import type { Clock } from "../run/clock.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";

/** Seconds. A head may be old, never of the future by more than a block producer's own clock may be wrong. */
const [BEHIND, RIGHT] = [15, 5];
/** Seconds between this clock and the median of others', and where they count as the same again. */
const [APART, TOGETHER] = [30, 10];

/** Compares this machine's clock with the newest block's time and with other keepers', for gauges and a warning that does not flap. */
export type ClockWatch = {
  /** A newest block, the first time that it is seen. */
  readonly noteHead: (head: BlockRef) => void;
  /** Seconds that this clock is ahead of others', one figure each; from two on their median counts. */
  readonly notePeers: (ahead: readonly number[]) => void;
};

export const createClockWatch = (options: {
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "clockSkew">;
}): ClockWatch => {
  const { clock, log, metrics } = options;
  let [seen, isBehind, isApart] = ["", false, false];
  return {
    noteHead: ({ hash, timestamp }) => {
      if (hash === seen) return;
      seen = hash;
      const ahead = clock.now() / 1000 - timestamp;
      metrics.clockSkew.set({ against: "head" }, ahead);
      if (!isBehind && ahead < -BEHIND)
        log.warn(
          "This machine's clock is behind the newest block's time: correct it, or requests and sessions are judged by a wrong time",
          {
            seconds: Math.round(-ahead),
          },
        );
      if (isBehind && ahead > -RIGHT) log.info("This machine's clock agrees with the chain's again");
      isBehind = isBehind ? ahead <= -RIGHT : ahead < -BEHIND;
    },
    notePeers: (all) => {
      const sorted = all.toSorted((a, b) => a - b);
      const median = sorted[Math.floor((sorted.length - 1) / 2)];
      if (median === undefined) return;
      metrics.clockSkew.set({ against: "peers" }, median);
      const off = all.length < 2 ? 0 : Math.abs(median);
      if (!isApart && off > APART)
        log.warn("This machine's clock is not that of the other keepers: correct it", { seconds: Math.round(median), keepers: all.length });
      if (isApart && off < TOGETHER) log.info("This machine's clock agrees with the other keepers' again");
      isApart = isApart ? off >= TOGETHER : off > APART;
    },
  };
};
