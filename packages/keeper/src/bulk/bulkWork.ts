import type { NonceSource } from "@keyquorum/threshold";
import { type BulkTaskName, type BulkTasks, drawsFor } from "./bulkTasks.ts";

/** Computes what would hold up answers. */
export type BulkWork = {
  /**
   * The task's output. Secrets in `input` stay the caller's, which erases them when this is settled and not before; secrets in the output are the
   * caller's, too. Throws BulkError, and what the computation throws.
   */
  readonly run: <Name extends BulkTaskName>(name: Name, input: BulkTasks[Name]["input"]) => Promise<BulkTasks[Name]["output"]>;
  /** Ends what is being computed and refuses the rest. Resolves when no thread is left. */
  readonly close: () => Promise<void>;
};

/** Why a task was not computed; it may be asked for again. Stable: metrics have them. */
export type BulkErrorCode = "BULK_BUSY" | "BULK_STOPPED" | "BULK_CRASHED" | "BULK_TIMEOUT";

const SENTENCES: Readonly<Record<BulkErrorCode, string>> = {
  BULK_BUSY: "Too many long computations wait already.",
  BULK_STOPPED: "The keeper stops.",
  BULK_CRASHED: "The thread of long computations ended before it had the result.",
  BULK_TIMEOUT: "A long computation took too long and was ended.",
};

export class BulkError extends Error {
  readonly code: BulkErrorCode;
  constructor(code: BulkErrorCode, options: { readonly cause?: unknown } = {}) {
    super(SENTENCES[code], options);
    this.name = "BulkError";
    this.code = code;
  }
}

/** Whether a task may simply be asked for again later. */
export const isPutOff = (error: unknown): boolean =>
  error instanceof BulkError && (error.code === "BULK_BUSY" || error.code === "BULK_STOPPED");

const KEY_BYTES = 32;
const encoder = new TextEncoder();

/** The key of one task's own nonces, secret: by the keeper's one source, so that no two tasks, and no task tried twice, have bytes in common (D59). */
export const drawTaskKey = <Name extends BulkTaskName>(
  nonces: NonceSource,
  name: Name,
  input: BulkTasks[Name]["input"],
): Uint8Array<ArrayBuffer> => {
  const use = drawsFor(name, input);
  if (use === undefined) return new Uint8Array(0);
  const random = nonces({ purpose: "bulk-task", statement: encoder.encode(name), ...use });
  const drawn = random(KEY_BYTES);
  const key = new Uint8Array(drawn); // a buffer of its own, to be moved
  drawn.fill(0);
  return key;
};
