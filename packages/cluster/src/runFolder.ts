import { type Dirent, readdirSync, rmdirSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killStarted } from "./stopProcess.ts";

/** A folder of one run. Keepers keep their vaults in it, so nothing but logs outlives the run, however it ends (kill -9 apart). */
export type RunFolder = {
  readonly path: string;
  /** Deletes it. The keepers have been stopped. */
  readonly discard: () => void;
  /** Deletes all but keepers' logs, after a failure, and returns where those are. The keepers have been stopped. */
  readonly keepLogs: () => readonly string[];
};

/** Keepers write no secrets to it. */
const LOG = "keeper.log";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Processes that were killed a moment ago may still write. */
const PERSISTENT = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const;
/** How long another listener to a signal may take to end this program, in milliseconds. */
const GRACE_MILLISECONDS = 500;

const open = new Set<string>();
let isWatching = false;
let hasCrashed = false;

/** Makes a folder under the system's temporary one. Deleted when the program ends; after an uncaught error its logs are kept, and named on stderr. */
export const createRunFolder = async (prefix: string): Promise<RunFolder> => {
  const path = await mkdtemp(join(tmpdir(), prefix));
  open.add(path);
  if (!isWatching) {
    process.once("uncaughtExceptionMonitor", () => {
      hasCrashed = true;
    });
    process.once("exit", closeAll);
  }
  isWatching = true;
  return { path, discard: () => rmSync(path, PERSISTENT), keepLogs: () => keepLogsOf(path) };
};

/**
 * For a program that is not ours: a signal that nobody else listens to ends it without a word to "exit" listeners, so the folders are deleted here
 * first. Returns how to stop listening.
 */
export const deleteOnSignals = (): (() => void) => {
  const onSignal = (signal: NodeJS.Signals): void => {
    stop();
    closeAll();
    const end = (): void => void process.kill(process.pid, signal);
    if (process.listenerCount(signal) === 0) end();
    // Who else listens ends the program as it likes. Some do only when nobody else listened: they get the signal again.
    else setTimeout(end, GRACE_MILLISECONDS).unref();
  };
  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return stop;
};

const closeAll = (): void => {
  killStarted();
  for (const path of open) closeOne(path);
};

const closeOne = (path: string): void => {
  try {
    if (!hasCrashed) {
      rmSync(path, PERSISTENT);
      return;
    }
    const logs = keepLogsOf(path);
    if (logs.length > 0) console.error(`The keepers' logs are kept: ${logs.join(", ")}`);
  } catch (error) {
    console.error(`Delete ${path} yourself, it holds keys: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** A folder that was kept is closed: it is not deleted at the end. */
const keepLogsOf = (path: string): readonly string[] => {
  const logs = stripToLogs(path);
  open.delete(path);
  return logs;
};

/** Deletes everything but regular files of the name of a log; links are deleted, not followed. Returns what is left. */
const stripToLogs = (folder: string): readonly string[] => {
  const left = entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return stripToLogs(path);
    if (entry.isFile() && entry.name === LOG) return [path];
    rmSync(path, PERSISTENT);
    return [];
  });
  if (left.length === 0) rmdirIfThere(folder);
  return left;
};

const entriesOf = (folder: string): readonly Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
};

const rmdirIfThere = (folder: string): void => {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
};

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";
