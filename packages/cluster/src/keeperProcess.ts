import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { endWithUs, stopProcess } from "./stopProcess.ts";

/** The shipped binary: `keyquorum-keeper`. */
export const KEEPER_BINARY = fileURLToPath(import.meta.resolve("@keyquorum/cli/main"));

/** A line of a keeper's log. */
export type KeeperLogLine = { readonly level: string; readonly msg: string; readonly [field: string]: unknown };

/** The shipped daemon in a process of its own. It is spoken to by chain, HTTP and signals only. */
export type KeeperProcess = {
  readonly pid: number;
  readonly logs: readonly KeeperLogLine[];
  /** Everything it wrote, as text: for messages and for searches for secrets. */
  readonly output: () => string;
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly isRunning: () => boolean;
  /** Waits for a log line. Throws when the process ends first or `milliseconds` pass. */
  readonly waitForLog: (matches: (line: KeeperLogLine) => boolean, milliseconds?: number) => Promise<KeeperLogLine>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly stop: () => Promise<void>;
  /** kill -9, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  /** Lets this program end without waiting for the keeper, which then ends with it. */
  readonly unref: () => void;
};

/** Runs `keyquorum-keeper` to its end. */
export const runKeeperCommand = (
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> =>
  new Promise((resolve, reject) => {
    const child = endWithUs(spawn(process.execPath, [KEEPER_BINARY, ...args], { stdio: ["ignore", "pipe", "pipe"] }));
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data: Buffer) => {
      stdout += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });

/** Starts `keyquorum-keeper run`. */
export const startKeeperProcess = (configFile: string, logFile?: string): KeeperProcess => {
  const child: ChildProcess = endWithUs(
    spawn(process.execPath, [KEEPER_BINARY, "run", "--config", configFile], { stdio: ["ignore", "pipe", "pipe"] }),
  );
  const logs: KeeperLogLine[] = [];
  const waiters = new Set<() => void>();
  const file = logFile === undefined ? undefined : createWriteStream(logFile, { flags: "a" });
  let text = "";
  let rest = "";
  const wake = (): void => {
    for (const waiter of waiters) waiter();
  };
  const read = (data: Buffer): void => {
    text += data.toString();
    file?.write(data);
    const lines = (rest + data.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const parsed = parseLine(line);
      if (parsed !== undefined) logs.push(parsed);
    }
    wake();
  };
  child.stdout?.on("data", read);
  child.stderr?.on("data", read);
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("close", (code, signal) => {
      file?.end();
      resolve(signal ?? code ?? -1);
      wake();
    });
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const waitForLog: KeeperProcess["waitForLog"] = (matches, milliseconds = 180_000) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiters.delete(look);
        reject(new Error(`The keeper did not log what was awaited within ${milliseconds} ms. It wrote:\n${text.slice(-4000)}`));
      }, milliseconds);
      let next = 0;
      const look = (): void => {
        for (; next < logs.length; next += 1) {
          const line = logs[next];
          if (line === undefined || !matches(line)) continue;
          clearTimeout(timer);
          waiters.delete(look);
          resolve(line);
          return;
        }
        if (isRunning()) return;
        clearTimeout(timer);
        waiters.delete(look);
        reject(
          new Error(
            `The keeper ended (${child.signalCode ?? child.exitCode}) before it logged what was awaited. It wrote:\n${text.slice(-4000)}`,
          ),
        );
      };
      waiters.add(look);
      look();
    });
  return {
    pid: child.pid ?? -1,
    logs,
    output: () => text,
    exited,
    isRunning,
    waitForLog,
    signal: (name) => void child.kill(name),
    stop: () => stopProcess(child),
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    unref: () => {
      child.unref();
      for (const stream of [child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
    },
  };
};

const parseLine = (line: string): KeeperLogLine | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "msg" in value ? (value as KeeperLogLine) : undefined;
  } catch {
    return undefined;
  }
};
