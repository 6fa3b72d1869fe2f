import type { ChildProcess } from "node:child_process";

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
