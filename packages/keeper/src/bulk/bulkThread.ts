import { enableCompileCache, getCompileCacheDir } from "node:module";
import { setPriority } from "node:os";
import { dirname } from "node:path";
import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { BulkQuestion } from "./performPacked.ts";

/** The program of the thread that computes for a keeper: this module itself, so that it is found in the sources and in what was compiled of them. */
export const BULK_PROGRAM: URL = new URL(import.meta.url);
const BULK_THREAD = "keyquorum bulk thread";
/** What the thread is told: that it is to begin, and where Node keeps what it compiled, which a thread does not take over by itself. */
type BulkThreadData = { readonly kind: typeof BULK_THREAD; readonly compileCache: string | undefined };

/** The `workerData` that makes it begin. */
export const bulkThreadData = (): BulkThreadData => {
  const folder = getCompileCacheDir(); // of this version of Node, within the one that was named
  return { kind: BULK_THREAD, compileCache: folder === undefined ? undefined : dirname(folder) };
};

/** The first message: it has loaded. */
export const BULK_READY = "ready";

/** A third of an equal share where others want the core, too. A tenth is so little that the windows of a session pass on a busy machine. */
const PRIORITY = 5;

/** Answers and everything else go first where cores are few. On Linux a priority is a thread's; elsewhere it would be the whole keeper's. */
const giveWay = (): void => {
  if (process.platform !== "linux") return;
  try {
    setPriority(0, PRIORITY);
  } catch {
    // not allowed here: it shares like any other thread
  }
};

const serve = async (port: MessagePort, { compileCache }: BulkThreadData): Promise<void> => {
  giveWay();
  if (compileCache !== undefined) enableCompileCache(compileCache);
  const { performPacked } = await import("./performPacked.ts"); // all that it computes with, loaded with the cache
  port.on("message", (question: BulkQuestion) => {
    const { answer, transfer } = performPacked(question);
    port.postMessage(answer, transfer);
  });
  port.postMessage(BULK_READY);
};

const isOwnData = (data: unknown): data is BulkThreadData =>
  typeof data === "object" && data !== null && "kind" in data && data.kind === BULK_THREAD;

// What it throws ends the thread.
if (!isMainThread && parentPort !== null && isOwnData(workerData)) void serve(parentPort, workerData);
