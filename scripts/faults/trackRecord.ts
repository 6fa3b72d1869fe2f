import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import type { FaultReport } from "../../test/system/support/handOverFaults/run.ts";
import { type ParityFaultReport, parityFaultCells } from "./parity.ts";
import { type SlowReport, slowCells } from "./slow.ts";
import { type StrangersReport, strangersCells } from "./strangers.ts";

const FILE = "docs/TRACK_RECORD.md";

/** Appends one run of promise P9 to its table in docs/TRACK_RECORD.md. */
export const recordHandOverFaults = (report: FaultReport, command: string): Promise<void> =>
  appendRow("P9", [
    "P9",
    `${report.points} (${report.hits} keepers hit)`,
    `${report.handOvers} hand-overs: ${report.activated} completed, ${report.aborted} aborted, ${report.reorgs} with a reorg`,
    `${report.keysLost} keys lost, ${report.splitEpochs} split epochs`,
    `at least ${report.leastMargin} shares above the quorum; ${report.stragglers} members without a share afterwards`,
    `${Math.round(report.seconds / 60)} min`,
    `\`${report.seed}\``,
    `\`${command}\``,
  ]);

/** Appends one run of promise P3. */
export const recordKillRounds = (
  run: { readonly rounds: string; readonly isHeld: boolean; readonly seconds: number; readonly seed: string },
  command: string,
): Promise<void> =>
  appendRow("P3", [
    "P3",
    run.rounds,
    run.isHeld ? "held: no announced share was lost" : "FAILED",
    `${Math.round(run.seconds / 60)} min`,
    `\`${run.seed}\``,
    `\`${command}\``,
  ]);

/** Appends one run of attack 37 to its table. */
export const recordStrangers = (report: StrangersReport, command: string): Promise<void> =>
  appendRow("A37", [...strangersCells(report), `\`${command}\``]);

/** Appends one run beside busy loops to its table. */
export const recordSlow = (report: SlowReport, command: string): Promise<void> =>
  appendRow("SLOW", [...slowCells(report), `\`${command}\``]);

/** Appends one run of promise P22, the hostile guests, to its table. */
export const recordGuests = (
  run: { readonly guests: number; readonly twins: number; readonly mutants: string; readonly faults: number; readonly seconds: number },
  command: string,
): Promise<void> =>
  appendRow("P22", [
    `${run.guests}`,
    `${run.twins}`,
    run.mutants,
    run.faults === 0 ? "0 escapes: all ended as they must" : `FAILED: ${run.faults} did not end as they must`,
    `${Math.round(run.seconds)} s`,
    `\`${command}\``,
  ]);

/** Appends one run of kills among members of server keys to its table. */
export const recordParityFaults = (report: ParityFaultReport, command: string): Promise<void> =>
  appendRow("PARITY", [...parityFaultCells(report), `\`${command}\``]);

/** One run of a suite of `npm run test:long`. */
export type LongReport = {
  readonly suite: string;
  readonly cases: string;
  readonly result: string;
  readonly minutes: number;
  readonly seed: string;
  readonly command: string;
};

/** Appends one long run of random tests to its table. */
export const recordLong = ({ suite, cases, result, minutes, seed, command }: LongReport): Promise<void> =>
  appendRow("LONG", [suite, cases, result, `${minutes} min`, `\`${seed}\``, `\`${command}\``]);

/** Appends a row to the table below the heading that begins with `name`: time, cells, commit and machine. Notes stand below the table. */
const appendRow = async (name: string, cells: readonly string[]): Promise<void> => {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"]).toString().trim();
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}`;
  const row = [new Date().toISOString().slice(0, 16).replace("T", " "), ...cells, `${commit}, ${machine}`];
  const lines = (await readFile(FILE, "utf8")).split("\n");
  const heading = lines.findIndex((line) => line.startsWith(`## ${name}:`));
  if (heading === -1) throw new Error(`${FILE} has no heading for ${name}.`);
  const next = lines.findIndex((line, index) => index > heading && line.startsWith("## "));
  const last = lines.findLastIndex((line, index) => line.startsWith("|") && index > heading && (next === -1 || index < next));
  await writeFile(FILE, lines.toSpliced(last + 1, 0, `| ${row.join(" | ")} |`).join("\n"));
};
