import { FROM_CHILD, TO_CHILD } from "../child/frames.ts";
import type { Child } from "./child.ts";
import type { Frame } from "./childPipe.ts";
import { createHostCalls } from "./hostCalls.ts";
import { checkInputs, encodeInputs, encodeSetup, type RunInputs } from "./inputs.ts";
import type { RunLimits } from "./limits.ts";
import { aborted, brokeProtocol, cancelled, type Ended, endedByFrame, endedBySystem, type RunOutcome, stoppedBy } from "./outcome.ts";
import { createOutput } from "./output.ts";
import { createRedactor } from "./redactor.ts";
import { type Usage, usageOf } from "./usage.ts";

/** What was used. `hostMs` is part of `wallMs`: the time that the module waited for the runner. */
export type RunUsage = {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly hostMs: number;
  readonly peakMemoryBytes: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly hostCalls: number;
  /** Of a run with a limit of it that came to its own end. */
  readonly fuel?: number;
};

/** A run that is over. `exitCode`: the module's own, a trap's number, else -1. Outputs are the caller's, without the values of the run's secrets. */
export type RunResult = {
  readonly outcome: RunOutcome;
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly used: RunUsage;
};

/** A module that is being compiled, in its own process, and waits for its secrets. */
export type StartedRun = {
  /** Fulfilled when the module is compiled, or the run is over. */
  readonly compiled: Promise<void>;
  /** Aborted when the run is over: whoever still asks keepers for it may stop. */
  readonly signal: AbortSignal;
  /** Gives the inputs, once, and waits for the end. The secret values are zeroed. Rejects with `INVALID_VALUE` only: how a run ends is its outcome. */
  readonly give: (inputs: RunInputs) => Promise<RunResult>;
  /** Ends the run, wherever it is. */
  readonly cancel: () => void;
};

export type RunSettings = { readonly limits: RunLimits; readonly args: readonly string[]; readonly clockStepMs: number };

const LOOK_MS = 50;

/** Runs one module in one child, which is killed at the end whatever happened. */
export const startOneRun = (child: Child, module: Uint8Array, settings: RunSettings): StartedRun => {
  const { limits } = settings;
  const began = performance.now();
  const redactor = createRedactor();
  const outputs = { stdout: createOutput(limits.stdoutBytes), stderr: createOutput(limits.stderrBytes) };
  const bytes = { stdout: 0, stderr: 0 };
  const stopping = new AbortController();
  const first = usageOf(child.pid);
  let [usage, hostMs, hostCalls, isCalling]: [Usage, number, number, boolean] = [{ cpuMs: 0, peakMemoryBytes: 0 }, 0, 0, false];
  let [stage, isSent]: ["compiling" | "waiting" | "running" | "over", boolean] = ["compiling", false];
  let answerCall: ReturnType<typeof createHostCalls> | undefined;
  const compiled = Promise.withResolvers<void>();
  const over = Promise.withResolvers<Ended>();

  const look = (): void => {
    const now = usageOf(child.pid);
    if (now === undefined) return;
    usage = { cpuMs: now.cpuMs - (first?.cpuMs ?? 0), peakMemoryBytes: Math.max(now.peakMemoryBytes, usage.peakMemoryBytes) };
  };
  const finish = (ended: Ended): void => {
    if (stage === "over") return;
    look(); // the child waits: this is the last that can be known of it
    stage = "over";
    clearInterval(looking);
    clearTimeout(wall);
    child.kill();
    stopping.abort();
    compiled.resolve();
    over.resolve(ended);
  };
  const looking = setInterval(() => {
    look();
    if (usage.cpuMs >= limits.cpuMs) finish(stoppedBy("cpu"));
  }, LOOK_MS);
  const wall = setTimeout(() => finish(stoppedBy("wall")), limits.wallMs);

  const print = (name: "stdout" | "stderr", payload: Buffer): void => {
    bytes[name] += payload.length;
    if (!outputs[name].add(payload)) finish(brokeProtocol); // the child stops before
    payload.fill(0);
  };
  const call = async (payload: Buffer): Promise<void> => {
    isCalling = true;
    hostCalls += 1;
    const asked = performance.now();
    const answer = hostCalls > limits.hostCalls ? undefined : await answerCall?.(payload, stopping.signal);
    hostMs += performance.now() - asked;
    isCalling = false;
    if (answer === undefined) finish(brokeProtocol);
    else if (stage === "running") child.send(TO_CHILD.answer, answer, true);
    else answer.fill(0);
  };
  /** What may come when: COMPILED once, then output and calls of a guest that has its inputs, one call at a time; END after either. */
  const onFrame = (frame: Frame | undefined): void => {
    if (stage === "over") return;
    if (frame === undefined || isCalling) finish(brokeProtocol);
    else if (frame.type === FROM_CHILD.end && stage !== "waiting") finish(endedByFrame(frame.payload, limits.fuel));
    else if (frame.type === FROM_CHILD.compiled && stage === "compiling") {
      stage = isSent ? "running" : "waiting";
      compiled.resolve();
    } else if (stage !== "running") finish(brokeProtocol);
    else if (frame.type === FROM_CHILD.stdout) print("stdout", frame.payload);
    else if (frame.type === FROM_CHILD.stderr) print("stderr", frame.payload);
    else if (frame.type === FROM_CHILD.call) call(frame.payload).catch(() => finish(aborted("A host function of the runner failed.")));
    else finish(brokeProtocol);
  };

  const result = async (): Promise<RunResult> => {
    const { outcome, exitCode, fuel } = await over.promise;
    await child.exited; // nothing is said to be over while its process lives
    const isCut = outcome.kind !== "exited" && outcome.kind !== "trapped"; // its last bytes may be half a value
    const [stdout, stderr] = [await redactor.redact(outputs.stdout.bytes(), isCut), await redactor.redact(outputs.stderr.bytes(), isCut)];
    redactor.forget();
    outputs.stdout.forget();
    outputs.stderr.forget();
    const times = { wallMs: performance.now() - began, hostMs };
    const used = {
      ...usage,
      ...times,
      stdoutBytes: bytes.stdout,
      stderrBytes: bytes.stderr,
      hostCalls,
      ...(fuel === undefined ? {} : { fuel }),
    };
    return { outcome, exitCode, stdout, stderr, used };
  };

  child.onFrame = onFrame;
  void child.exited.then((exit) => {
    const ended = endedBySystem(exit);
    const isCpu = exit.signal === "SIGKILL" && usage.cpuMs >= limits.cpuMs; // the hard limit, where the look came too late
    finish(isCpu ? stoppedBy("cpu") : ended);
  });
  child.send(TO_CHILD.setup, encodeSetup(limits, settings));
  child.send(TO_CHILD.module, module);

  return {
    compiled: compiled.promise,
    signal: stopping.signal,
    cancel: () => finish(cancelled),
    give: async (inputs) => {
      if (isSent) throw new Error("The inputs of a run are given once.");
      isSent = true;
      const secrets = [...(inputs.env ?? []), ...(inputs.secretFiles ?? [])].map(({ value }) => value);
      try {
        checkInputs(inputs, limits);
      } catch (error) {
        finish(cancelled);
        for (const value of secrets) value.fill(0);
        throw error;
      }
      for (const value of secrets) redactor.learn(value);
      answerCall = createHostCalls(inputs, redactor);
      if (stage !== "over") child.send(TO_CHILD.inputs, encodeInputs(inputs), true);
      if (stage === "waiting") stage = "running";
      for (const value of secrets) value.fill(0);
      return result().finally(() => inputs.egress?.close());
    },
  };
};
