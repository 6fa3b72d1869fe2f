import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second for programs, whatever its kernel's clock. */
const TICKS_PER_SECOND = 100;

type Usage = { readonly own: number; readonly children: number };

const usageOf = (pid: number | "self"): Usage | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc(5): the name, field 2, may hold anything; utime, stime, cutime and cstime are fields 14 to 17.
    const [user, system, childrenUser, childrenSystem] = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 15)
      .map((ticks) => Number(ticks) / TICKS_PER_SECOND) as [number, number, number, number];
    return { own: user + system, children: childrenUser + childrenSystem };
  } catch {
    return undefined; // no such process, or no Linux
  }
};

/** Processor seconds of a process and of those of its children that have ended. Undefined where there is no /proc or no such process. */
export const cpuSecondsOf = (pid: number | "self"): number | undefined => {
  const usage = usageOf(pid);
  return usage === undefined ? undefined : usage.own + usage.children;
};

/** Processor seconds of this process' children that have ended, with theirs. */
export const cpuSecondsOfChildren = (): number | undefined => usageOf("self")?.children;
