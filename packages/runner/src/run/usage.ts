import { readFileSync } from "node:fs";

/** Linux counts CPU in hundredths of a second, whatever the kernel's own tick is. */
const TICK_MS = 10;

export type Usage = { readonly cpuMs: number; readonly peakMemoryBytes: number };

/** What a living process has used; undefined when it is gone, or on a system without /proc. Both files are of the kernel and never block. */
export const usageOf = (pid: number): Usage | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS, peakMemoryBytes: Number(peak?.[1] ?? 0) * 1024 };
  } catch {
    return undefined;
  }
};
