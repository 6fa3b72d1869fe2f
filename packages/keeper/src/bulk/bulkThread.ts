import { setPriority } from "node:os";
import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type BulkQuestion, performPacked } from "./performPacked.ts";

/** The program of the thread that computes for a keeper: this module itself, so that it is found in the sources and in what was compiled of them. */
export const BULK_PROGRAM: URL = new URL(import.meta.url);
/** What makes it begin. */
export const BULK_THREAD = "keyquorum bulk thread";
/** The first message: it has loaded. */
export const BULK_READY = "ready";

/** Answers and everything else go first where cores are few. On Linux a priority is a thread's; elsewhere it would be the whole keeper's. */
const giveWay = (): void => {
  if (process.platform !== "linux") return;
  try {
    setPriority(0, 10);
  } catch {
    // not allowed here: it shares like any other thread
  }
};

const serve = (port: MessagePort): void => {
  giveWay();
  port.on("message", (question: BulkQuestion) => {
    const { answer, transfer } = performPacked(question);
    port.postMessage(answer, transfer);
  });
  port.postMessage(BULK_READY);
};

if (!isMainThread && parentPort !== null && workerData === BULK_THREAD) serve(parentPort);
