import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import type { FaultReport } from "../../test/system/support/handOverFaults/run.ts";

const FILE = "docs/TRACK_RECORD.md";

/** Appends one run of promise P9 to the table in docs/TRACK_RECORD.md. */
export const recordHandOverFaults = async (report: FaultReport, command: string): Promise<void> => {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"]).toString().trim();
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}`;
  const cells = [
    new Date().toISOString().slice(0, 16).replace("T", " "),
    "P9",
    `${report.points} (${report.hits} keepers hit)`,
    `${report.handOvers} hand-overs: ${report.activated} completed, ${report.aborted} aborted, ${report.reorgs} with a reorg`,
    `${report.keysLost} keys lost, ${report.splitEpochs} split epochs`,
    `at least ${report.leastMargin} shares above the quorum; ${report.stragglers} members without a share afterwards`,
    `${Math.round(report.seconds / 60)} min`,
    `\`${report.seed}\``,
    `\`${command}\``,
    `${commit}, ${machine}`,
  ];
  const lines = (await readFile(FILE, "utf8")).split("\n");
  const last = lines.findLastIndex((line) => line.startsWith("|")); // notes stand below the table
  await writeFile(FILE, lines.toSpliced(last + 1, 0, `| ${cells.join(" | ")} |`).join("\n"));
};
