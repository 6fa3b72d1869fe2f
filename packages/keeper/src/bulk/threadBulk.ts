import { Worker } from "node:worker_threads";
import type { NonceSource } from "@keyquorum/threshold";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import { BULK_LIMITS, type BulkLimits } from "./bulkLimits.ts";
import { createBulkQueue } from "./bulkQueue.ts";
import { type BulkLane, type BulkTaskName, type BulkTasks, laneOf } from "./bulkTasks.ts";
import { BULK_PROGRAM, BULK_READY, bulkThreadData } from "./bulkThread.ts";
import { BulkError, type BulkErrorCode, type BulkWork, drawTaskKey } from "./bulkWork.ts";
import { createInlineBulk } from "./inlineBulk.ts";
import { pack, unpack, wipe, wipeBody } from "./packing.ts";
import { type BulkAnswer, type BulkQuestion, unpackError } from "./performPacked.ts";

export type ThreadBulkOptions = {
  readonly nonces: NonceSource;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "bulkTasks" | "bulkSeconds" | "bulkRestarts" | "bulkWaiting" | "bulkThread">;
  /** Of one core, above 0 up to 1: after a task the thread rests for so long that it took no more. */
  readonly share: number;
  /** What is refused at once when it aborts. */
  readonly stopping?: AbortSignal;
  /** Other than the real ones in tests only. */
  readonly program?: URL;
  readonly limits?: Partial<BulkLimits>;
};

const LONGEST_REST_MILLISECONDS = 2_000;

/** A task that somebody waits for. `input` is the caller's until it is settled. */
type Job = {
  readonly name: BulkTaskName;
  readonly input: BulkTasks[BulkTaskName]["input"];
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Since when it waits, by `performance.now`. */
  readonly since: number;
};
type Running = { readonly id: number; readonly job: Job; readonly timer: NodeJS.Timeout };

/**
 * Computes in one thread beside the main one: started at the first task, one task at a time, paced, started again when it ends unasked. A copy of a secret
 * is made when its task's turn comes, moved, and overwritten there; the vault, the chain and the clock stay here.
 */
export const createThreadBulk = (options: ThreadBulkOptions): BulkWork => {
  const { nonces, log, metrics, share, stopping, program = BULK_PROGRAM } = options;
  const limits: BulkLimits = { ...BULK_LIMITS, ...options.limits };
  const queue = createBulkQueue<BulkLane, Job>(["sessions", "repairs"], limits.mostWaiting);
  let worker: Worker | undefined;
  let running: Running | undefined;
  let pause: NodeJS.Timeout | undefined;
  let inline: BulkWork | undefined;
  let [ids, failures] = [0, 0];
  let [hasLoaded, isClosed] = [false, false];

  const settle = (outcome: string, end: (job: Job) => void): void => {
    if (running === undefined) return;
    const { job, timer } = running;
    clearTimeout(timer);
    running = undefined;
    worker?.unref();
    metrics.bulkTasks.inc({ task: job.name, outcome });
    end(job);
  };

  const rest = (milliseconds: number): void => {
    clearTimeout(pause);
    pause = setTimeout(() => {
      pause = undefined;
      pump();
    }, milliseconds);
  };

  /** The thread is gone, or is to go: its task is refused, and the next waits a little. */
  const drop = (code: BulkErrorCode, cause?: unknown): void => {
    const ended = worker;
    worker = undefined;
    metrics.bulkThread.set(0);
    ended?.removeAllListeners();
    ended?.on("error", () => undefined); // what it still says
    ended?.on("message", wipeBody);
    void ended?.terminate();
    failures += 1;
    metrics.bulkRestarts.inc();
    log.error("The thread of long computations ended; it is started again", { code, ...(cause === undefined ? {} : describeError(cause)) });
    settle(code, ({ reject }) => reject(new BulkError(code, { cause })));
    if (!hasLoaded && failures >= limits.failedStarts) {
      log.warn("No thread can be started for long computations: they are done in the main thread, and answers wait for them");
      inline = createInlineBulk({ nonces });
    }
    rest(Math.min(limits.longestRestartMilliseconds, limits.restartMilliseconds * 2 ** Math.min(failures - 1, 10)));
  };

  const receive = (answer: BulkAnswer | typeof BULK_READY): void => {
    if (answer === BULK_READY) {
      hasLoaded = true;
      metrics.bulkThread.set(1);
    } else if (answer.id === running?.id) finish(answer);
    else wipeBody(answer); // nobody waits for it any more
  };

  const finish = (answer: BulkAnswer): void => {
    failures = 0;
    metrics.bulkSeconds.inc(answer.milliseconds / 1_000);
    // Set before the caller goes on: what it asks for next waits like all others.
    rest(Math.min(LONGEST_REST_MILLISECONDS, (answer.milliseconds * (1 - share)) / share));
    settle(answer.kind === "done" ? "DONE" : "FAILED", ({ resolve, reject }) => {
      try {
        if (answer.kind === "done") resolve(unpack(answer.output).value);
        else reject(unpackError(answer.error));
      } catch (error) {
        reject(error);
      }
    });
  };

  const start = (): Worker => {
    const { heapMegabytes: maxOldGenerationSizeMb } = limits;
    const started = new Worker(program, { workerData: bulkThreadData(), env: {}, argv: [], resourceLimits: { maxOldGenerationSizeMb } });
    let cause: unknown;
    started.on("message", receive);
    started.on("messageerror", (error) => drop("BULK_CRASHED", error));
    started.on("error", (error) => {
      cause = error;
    });
    started.on("exit", () => drop("BULK_CRASHED", cause));
    return started;
  };

  const send = (job: Job): void => {
    const { name, input } = job;
    const id = ++ids;
    let transfer: ArrayBuffer[] = [];
    try {
      worker ??= start();
    } catch (error) {
      running = { id, job, timer: setTimeout(() => undefined, 0) };
      drop("BULK_CRASHED", error);
      return;
    }
    try {
      const key = drawTaskKey(nonces, name, input);
      transfer = [key.buffer];
      const packed = pack(input);
      transfer.push(...packed.transfer);
      const question: BulkQuestion = { id, name, input: packed.body, key };
      worker.ref();
      running = { id, job, timer: setTimeout(() => drop("BULK_TIMEOUT"), limits.taskMilliseconds) };
      worker.postMessage(question, transfer);
    } catch (error) {
      if (running === undefined) job.reject(error);
      else settle("FAILED", ({ reject }) => reject(error));
    } finally {
      wipe(transfer);
    }
  };

  const pump = (): void => {
    while (running === undefined && pause === undefined && !isClosed) {
      const job = queue.next();
      metrics.bulkWaiting.set(queue.size());
      if (job === undefined) return;
      if (performance.now() - job.since > limits.waitMilliseconds) refuse(job, "BULK_BUSY");
      else if (inline === undefined) send(job);
      else inline.run(job.name, job.input).then(job.resolve, job.reject);
    }
  };

  const refuse = ({ name, reject }: Job, code: BulkErrorCode): void => {
    metrics.bulkTasks.inc({ task: name, outcome: code });
    reject(new BulkError(code));
  };

  const stop = (): void => {
    isClosed = true;
    clearTimeout(pause);
    for (const job of queue.clear()) refuse(job, "BULK_STOPPED");
    settle("BULK_STOPPED", ({ reject }) => reject(new BulkError("BULK_STOPPED")));
  };
  stopping?.addEventListener("abort", stop, { once: true });

  return {
    run: <Name extends BulkTaskName>(name: Name, input: BulkTasks[Name]["input"]) =>
      new Promise<BulkTasks[Name]["output"]>((resolve, reject) => {
        const job = { name, input, resolve: resolve as (output: unknown) => void, reject, since: performance.now() }; // true: the thread computes `name`
        if (isClosed) refuse(job, "BULK_STOPPED");
        else if (queue.add(laneOf(name), job)) pump();
        else refuse(job, "BULK_BUSY");
      }),
    close: async () => {
      stop();
      await inline?.close();
      const ended = worker;
      worker = undefined;
      ended?.removeAllListeners();
      ended?.on("error", () => undefined);
      await ended?.terminate();
    },
  };
};
