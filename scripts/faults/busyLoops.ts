import { spawn } from "node:child_process";

/** Runs on one core forever; ends when its parent is gone, however that ended. */
const LOOP = "const parent = process.ppid; while (process.ppid === parent) for (let n = 0; n < 1e7; n += 1);";

/** Starts programs that do nothing but take processor time. Returns how to stop them: by their process ids, no others. */
export const startBusyLoops = (count: number): (() => void) => {
  const loops = Array.from({ length: count }, () => spawn(process.execPath, ["--eval", LOOP], { stdio: "ignore" }));
  const stop = (): void => {
    process.off("exit", stop);
    for (const loop of loops) loop.kill("SIGKILL");
  };
  process.once("exit", stop);
  return stop;
};
