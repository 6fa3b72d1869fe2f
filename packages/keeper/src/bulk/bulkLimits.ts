/** What bounds long computations. */
export type BulkLimits = {
  /** Of each lane. Sessions are worked at ten at a time, repairs answered a few at a time. */
  readonly mostWaiting: number;
  /** In the queue: what a computation was given was read before, and is to be read again. */
  readonly waitMilliseconds: number;
  /** Of one task: the largest committee takes under a second, ten times that without WebAssembly, and a busy machine some more. */
  readonly taskMilliseconds: number;
  readonly heapMegabytes: number;
  /** After a thread ended unasked, doubled each time until a task is done. */
  readonly restartMilliseconds: number;
  readonly longestRestartMilliseconds: number;
  /** So often a thread may end before it has ever loaded: then tasks are computed in the main thread. */
  readonly failedStarts: number;
};

export const BULK_LIMITS: BulkLimits = {
  mostWaiting: 64,
  waitMilliseconds: 10_000,
  taskMilliseconds: 30_000,
  heapMegabytes: 256,
  restartMilliseconds: 500,
  longestRestartMilliseconds: 30_000,
  failedStarts: 3,
};
