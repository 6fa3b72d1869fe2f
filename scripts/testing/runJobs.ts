import { spawn } from "node:child_process";
import { cpuSecondsOf, cpuSecondsOfChildren } from "./cpuSeconds.ts";
import type { Job, Stage } from "./stages.ts";

export type JobOutcome = {
  readonly name: string;
  readonly passed: boolean;
  /** Milliseconds since 1970. Equal where it never started, because what it needs did not pass. */
  readonly started: number;
  readonly ended: number;
  /** Of the process and all those that it started and waited for. Undefined where the system does not tell. */
  readonly cpuSeconds: number | undefined;
  /** What it printed; empty where that went straight to the terminal. */
  readonly output: string;
};

export type RunOptions = {
  /** How many jobs run at a time, unless their stage wants more of them. */
  readonly lanes: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Its output goes straight to the terminal. */
  readonly isLive?: (job: Job) => boolean;
  readonly onStart?: (job: Job) => void;
  readonly onEnd?: (job: Job, outcome: JobOutcome) => void;
};

/** Jobs on their way. */
export type Run = {
  /** By name of the job. Jobs that a stop kept from starting are missing. */
  readonly outcomes: Promise<ReadonlyMap<string, JobOutcome>>;
  /** Sends a signal to all processes of all running jobs, and starts no more. Returns the names of those jobs. */
  readonly stop: (signal: NodeJS.Signals) => readonly string[];
};

/** How often a job's use of the processor is read while it runs. */
const SAMPLE_MILLISECONDS = 200;

/** Runs the stages' jobs, `lanes` at a time, in their order as far as what they need is there. */
export const runJobs = (stages: readonly Stage[], options: RunOptions): Run => {
  const waiting = stages.flatMap(({ jobs, isAlone = false, lanesOf = (lanes) => lanes }, stage) =>
    jobs.map((job) => ({ job, stage, isAlone, lanes: lanesOf(options.lanes) })),
  );
  const running = new Map<string, { readonly stage: number; readonly pid: number | undefined }>();
  const outcomes = new Map<string, JobOutcome>();
  let isStopped = false;

  /** Of all children that have ended and were counted. */
  let counted = cpuSecondsOfChildren();

  const mayStart = ({ job, stage, isAlone, lanes }: (typeof waiting)[number]): boolean => {
    if (running.size >= lanes) return false;
    const isBefore = (other: { readonly stage: number }): boolean => other.stage < stage;
    if (isAlone && (waiting.some(isBefore) || [...running.values()].some(isBefore))) return false;
    return (job.needs ?? []).every((name) => !running.has(name) && !waiting.some((other) => other.job.name === name));
  };

  const outcomesPromise = new Promise<ReadonlyMap<string, JobOutcome>>((resolve) => {
    const startNext = (): void => {
      while (!isStopped) {
        const at = waiting.findIndex(mayStart);
        if (at < 0) break;
        const [next] = waiting.splice(at, 1);
        if (next === undefined) break;
        start(next);
      }
      if (running.size === 0 && (isStopped || waiting.length === 0)) resolve(outcomes);
    };
    const end = (job: Job, outcome: JobOutcome): void => {
      running.delete(job.name);
      outcomes.set(job.name, outcome);
      options.onEnd?.(job, outcome);
      startNext();
    };
    const start = ({ job, stage, lanes }: (typeof waiting)[number]): void => {
      const started = Date.now();
      const missing = (job.needs ?? []).find((name) => outcomes.get(name)?.passed === false);
      if (missing !== undefined) {
        running.set(job.name, { stage, pid: undefined });
        const output = `Not run: ${missing} failed.`;
        queueMicrotask(() => end(job, { name: job.name, passed: false, started, ended: started, cpuSeconds: 0, output }));
        return;
      }
      options.onStart?.(job);
      const isLive = options.isLive?.(job) === true;
      const child = spawn(job.command, job.args, {
        cwd: options.cwd,
        env: { ...options.environment, KEYQUORUM_TEST_LANES: String(lanes) },
        detached: true, // a process group, which is stopped as a whole
        stdio: ["ignore", isLive ? "inherit" : "pipe", isLive ? "inherit" : "pipe"],
      });
      running.set(job.name, { stage, pid: child.pid });
      const output: Buffer[] = [];
      for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data: Buffer) => output.push(data));
      let cpuSeconds: number | undefined;
      const sample = (): void => {
        cpuSeconds = (child.pid === undefined ? undefined : cpuSecondsOf(child.pid)) ?? cpuSeconds;
      };
      const timer = setInterval(sample, SAMPLE_MILLISECONDS);
      child.on("exit", () => {
        // What all children used grows by what this one and its own used, of which the last sample may lack all that ended after it.
        const now = cpuSecondsOfChildren();
        if (now !== undefined && counted !== undefined) cpuSeconds = Math.max(cpuSeconds ?? 0, now - counted);
        counted = now;
      });
      let isOver = false;
      const finish = (passed: boolean): void => {
        if (isOver) return;
        isOver = true;
        clearInterval(timer);
        end(job, { name: job.name, passed, started, ended: Date.now(), cpuSeconds, output: Buffer.concat(output).toString().trim() });
      };
      child.on("error", (error) => {
        output.push(Buffer.from(error.message));
        finish(false);
      });
      child.on("close", (code) => finish(code === 0));
    };
    startNext();
  });

  return {
    outcomes: outcomesPromise,
    stop: (signal) => {
      isStopped = true;
      for (const { pid } of running.values()) if (pid !== undefined) signalGroup(pid, signal);
      return [...running.keys()];
    },
  };
};

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch {
    // it has ended
  }
};
