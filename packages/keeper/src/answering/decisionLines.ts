import type { LogData, Logger } from "../report/logger.ts";
import type { Clock } from "../run/clock.ts";

/** Whom a decision was about: what strangers can cause has the least room in the log. */
type Lane = "released" | "verified" | "unverified";

const A_MINUTE: Readonly<Record<Lane, number>> = { released: 600, verified: 120, unverified: 30 };
const WINDOW_MILLISECONDS = 60_000;

/**
 * Writes one line for each decision about a share, with ids only. So many a minute, then their number: whoever asks without end fills a counter, not a
 * disk. The record of releases is the audit log; this is for the operator's eyes.
 */
export type DecisionLines = {
  readonly write: (decision: { readonly lane: Lane; readonly outcome: string; readonly data: LogData }) => void;
  /** Says how many lines were left out, when a minute is over. */
  readonly flush: () => void;
};

export const createDecisionLines = ({ log, clock }: { readonly log: Logger; readonly clock: Pick<Clock, "now"> }): DecisionLines => {
  let began = clock.now();
  let written: Record<Lane, number> = { released: 0, verified: 0, unverified: 0 };
  let leftOut = new Map<string, number>();

  const flush = (): void => {
    if (Math.abs(clock.now() - began) < WINDOW_MILLISECONDS) return;
    if (leftOut.size > 0)
      log.info("More decisions were taken in a minute than are written down one by one", { leftOut: Object.fromEntries(leftOut) });
    began = clock.now();
    written = { released: 0, verified: 0, unverified: 0 };
    leftOut = new Map();
  };
  return {
    write: ({ lane, outcome, data }) => {
      flush();
      if (written[lane] >= A_MINUTE[lane]) {
        leftOut.set(outcome, (leftOut.get(outcome) ?? 0) + 1);
        return;
      }
      written = { ...written, [lane]: written[lane] + 1 };
      log.info(lane === "released" ? "A share was released" : "A share request was refused", { outcome, ...data });
    },
    flush,
  };
};
