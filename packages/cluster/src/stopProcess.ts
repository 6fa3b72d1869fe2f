import type { ChildProcess } from "node:child_process";

const started = new Set<ChildProcess>();
let isWatching = false;

/** Remembers a process that we started: whatever way this program ends, the process ends with it. Returns it. */
export const endWithUs = <C extends ChildProcess>(child: C): C => {
  if (!isWatching) process.once("exit", killStarted);
  isWatching = true;
  started.add(child);
  child.once("exit", () => started.delete(child));
  return child;
};

/** Kills every process that we started, at once. For the end of this program. */
export const killStarted = (): void => {
  for (const child of started) child.kill("SIGKILL");
};

/** Asks a process that we started to end, and kills it when it has not after `patience` milliseconds. Resolves when it is gone. */
export const stopProcess = (child: ChildProcess, patience = 5_000): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill("SIGKILL"), patience);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGCONT");
    child.kill("SIGTERM");
  });
