import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FaultReport, type HandOverReport, runHandOverFaults } from "../../test/system/support/handOverFaults/run.ts";

/**
 * Promise P9 at full length: crashes and partitions at every step of hand-overs between real keepers. Prints a line per hand-over.
 * Ctrl-C ends it after the hand-over that is under way, and what was done until then counts; a second one ends it at once.
 */
export const runHandOverPromise = async (options: { readonly points: number; readonly seed: string }): Promise<FaultReport> => {
  const directory = await mkdtemp(join(tmpdir(), "keyquorum-faults-"));
  const ending = new AbortController();
  const end = (): void => {
    if (ending.signal.aborted) process.exit(130); // the processes that we started end with this one
    console.error("\nEnding after this hand-over. Again: at once.");
    ending.abort();
  };
  process.on("SIGINT", end);
  try {
    return await runHandOverFaults({
      ...options,
      directory,
      signal: ending.signal,
      onHandOver: (handOver, so) => console.error(lineOf(handOver, so, options.points)),
    });
  } finally {
    process.off("SIGINT", end);
    await rm(directory, { recursive: true, force: true });
  }
};

const lineOf = (handOver: HandOverReport, so: FaultReport, points: number): string => {
  const { round, outcome, epoch, right, members, quorum, injected, reorged, milliseconds } = handOver;
  const how = `${outcome === "active" ? "moved to" : "aborted, still in"} epoch ${epoch}${reorged ? ", reorg" : ""}`;
  const shares = `${right.length} of ${members.length} shares usable, ${quorum} needed`;
  const seconds = `${(milliseconds / 1000).toFixed(1)} s`;
  return `${String(so.points).padStart(4)}/${points} points  hand-over ${round + 1}: ${how}; ${shares}; ${injected.length} faults; ${seconds}`;
};

/** The report as the lines of docs/TRACK_RECORD.md and of the screen. */
export const describeFaultReport = (report: FaultReport): string => {
  const faults = Object.entries(report.byFault).map(([name, count]) => `${name} ${count}`);
  return [
    `${report.points} points injected (${report.hits} keepers hit) in ${report.handOvers} hand-overs (${report.activated} completed, ${report.aborted} aborted, ${report.reorgs} with a reorg) in ${report.seconds} s, seed ${report.seed}`,
    `keys lost: ${report.keysLost}; split epochs: ${report.splitEpochs}; usable shares above the quorum at the least: ${report.leastMargin}; members without a usable share afterwards, in all: ${report.stragglers}`,
    `faults by stage: ${faults.join(", ")}`,
    ...report.violations.map(({ round, kind, detail }) => `VIOLATION in hand-over ${round + 1}: ${kind}: ${detail}`),
  ].join("\n");
};
