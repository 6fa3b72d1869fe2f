import { CONTRACT_NAMES, interfaceOf } from "@keyquorum/bindings";
import type { AbsenceNote, BloomWorth, WatchedLogs } from "@keyquorum/chain";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";

/** Every event of every contract: what a bloom is asked for. */
export const watchedLogsOf = ({ addresses }: ServedContracts): WatchedLogs =>
  new Map(
    CONTRACT_NAMES.flatMap((name) => {
      const address = addresses[name];
      if (address === undefined) return []; // an older deployment
      const topics: string[] = [];
      interfaceOf(name).forEachEvent(({ topicHash }) => topics.push(topicHash));
      return [[address, topics] as const];
    }),
  );

const BLOOMS: Readonly<Record<BloomWorth, string>> = {
  telling: "The chain's blooms exclude blocks: a block without logs is believed where its bloom says so",
  silent:
    "The chain's blooms are empty or missing although blocks have logs: receipts of some blocks are asked for instead, and final blocks are read again",
  vague: "The chain's blooms exclude almost no block: receipts of few blocks are asked for, and final blocks are read again",
};

/** Counts what looking twice at absent logs brought to light, and says each thing once, or when it changes. */
export const createNoteAbsences = (options: {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "logsWithheld" | "absencesUnchecked">;
}): ((note: AbsenceNote) => void) => {
  const { log, metrics } = options;
  const said = new Set<string>();
  const once = (subject: string): boolean => !said.has(subject) && said.add(subject).has(subject);

  return (note) => {
    switch (note.kind) {
      case "withheld":
        metrics.logsWithheld.inc(note.logs);
        if (once("withheld"))
          log.warn(
            "An RPC left logs out of its answer at first; they were found. Counted in keeper_chain_logs_withheld_total from now on",
            {
              block: note.block,
              logs: note.logs,
            },
          );
        return;
      case "unchecked":
        metrics.absencesUnchecked.inc({ why: note.why });
        if (note.why === "no_receipts" && once("no_receipts"))
          log.warn("The RPC gives no receipts of a block: that it has no logs of ours is believed until it is read again", {
            block: note.block,
          });
        return;
      case "blooms":
        log.info(BLOOMS[note.worth]);
        return;
    }
  };
};
