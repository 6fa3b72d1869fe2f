import { describeError, type Logger, OperatorError } from "@keyquorum/daemon";
import {
  type Address,
  type ErrorBody,
  type Hash32,
  KeyquorumError,
  type RunBody,
  redactText,
  type SignedRunRequestBody,
} from "@keyquorum/wire";
import type { FinishedRun } from "../moduleRun.ts";
import type { CallerRates } from "./callerRates.ts";
import { type CheckedRequest, type CheckOptions, checkRequest } from "./checkRequest.ts";
import type { RunQueue } from "./runQueue.ts";
import type { RunEnd, RunName, RunsFile } from "./runsFile.ts";

/** Takes runs, does them in turn, and tells their callers. */
export type RunService = {
  /**
   * Accepts a run. Its nonce is durable when this returns. Throws what `checkRequest` throws, REQUEST_REPLAYED, RATE_LIMITED with `retryAfterSeconds`,
   * SHUTTING_DOWN: then nothing was taken, and the same request may come again, unless it is the nonce that is known.
   */
  readonly accept: (body: SignedRunRequestBody) => Hash32;
  /** A caller's run: when it is over, or when the time is. Throws UNKNOWN_RUN. */
  readonly read: (caller: Address, id: Hash32, waitMs: number) => Promise<RunBody>;
  readonly list: (caller: Address) => readonly RunBody[];
  /** Writes again the ends that could not be written. */
  readonly keepEnds: () => void;
  /** Runs whose ends stand in memory only, because the disk failed: until they are written, nothing more is accepted. */
  readonly unwritten: () => number;
  /** Takes nothing more, ends what waits, and resolves when what runs is over. */
  readonly drain: () => Promise<void>;
};

export type RunServiceOptions = {
  readonly check: CheckOptions;
  readonly runs: Pick<RunsFile, "isTaken" | "accept" | "begin" | "end" | "read" | "list">;
  readonly queue: RunQueue;
  readonly rates: CallerRates;
  /** Runs a module once, as `runModule` does. */
  readonly perform: (request: CheckedRequest, signal: AbortSignal) => Promise<FinishedRun>;
  readonly log: Logger;
  readonly onAccepted?: () => void;
  readonly onOver?: (how: { readonly outcome: string; readonly cpuMs: number; readonly wallMs: number; readonly secrets: number }) => void;
};

const LIST_LIMIT = 100;

type Accepted = CheckedRequest & { readonly acceptedAt: number };

export const createRunService = (options: RunServiceOptions): RunService => {
  const { check, runs, queue, rates, perform, log, onAccepted = () => undefined, onOver = () => undefined } = options;
  /** Runs that are not over, and what they end as: with their outputs, which whoever waits gets. */
  const open = new Map<string, PromiseWithResolvers<RunBody>>();
  /** Ends that the disk did not take, at most as many as were queued and running at once: they are told from here. */
  const unwritten = new Map<string, { readonly run: RunName; readonly end: RunEnd; readonly body: RunBody }>();
  const stopping = new AbortController();
  let isDraining = false;

  const over = ({ id, caller, acceptedAt, module }: Accepted, end: RunEnd, printed: Pick<RunBody, "stdout" | "stderr"> = {}): void => {
    const { failure, record, stdout } = end;
    const state = failure === undefined ? "ended" : "failed";
    const body: RunBody = {
      ...{ id, module: module.hash, state, acceptedAt },
      ...(failure === undefined ? {} : { failure }),
      ...(record === undefined ? {} : { record }),
    };
    try {
      runs.end({ id, caller }, end);
    } catch (error) {
      unwritten.set(keyOf({ id, caller }), { run: { id, caller }, end, body: { ...body, ...(stdout === undefined ? {} : printed) } });
      log.error("The end of a run cannot be kept now; nothing more is accepted until it is", { run: id, ...describeError(error) });
    }
    open.get(keyOf({ id, caller }))?.resolve({ ...body, ...printed });
    open.delete(keyOf({ id, caller }));
  };
  /** Throws what the disk fails with. */
  const writeEnds = (): void => {
    for (const [key, { run, end }] of unwritten) {
      runs.end(run, end);
      unwritten.delete(key);
      log.info("The end of a run is kept now", { run: run.id });
    }
  };
  const keepEnds = (): void => {
    try {
      writeEnds();
    } catch {
      // Said when it began, and by /readyz.
    }
  };

  const doRun = async (request: Accepted): Promise<void> => {
    const { id } = request;
    const began = performance.now();
    const done = await performed(request).catch((error: unknown) => ({ error }));
    if ("error" in done) {
      const failure = failureOf(done.error);
      over(request, { failure });
      onOver({ outcome: failure.code, cpuMs: 0, wallMs: performance.now() - began, secrets: 0 });
      const tell = failure.code === "INTERNAL" ? log.error : log.info;
      tell("A run failed", { run: id, module: request.request.module, ...describeError(done.error) });
      return;
    }
    const { stdout, stderr, used } = done.result;
    const { record } = done;
    over(
      request,
      { record, ...(request.request.keepOutput ? { stdout, stderr } : {}) },
      { stdout: base64(stdout), stderr: base64(stderr) },
    );
    onOver({ outcome: record.outcome, ...used, secrets: record.secrets.length });
    const { cpuMs, wallMs } = used;
    log.info("A run is over", { run: id, module: record.module, outcome: record.outcome, cpuMs, wallMs: Math.round(wallMs) });
  };
  const performed = async (request: Accepted): Promise<FinishedRun> => {
    if (request.deadline * 1000 <= check.now())
      throw new KeyquorumError("DEADLINE_PASSED", "The request's deadline passed before its turn came.");
    runs.begin(request);
    return perform(request, stopping.signal);
  };

  const accept = (body: SignedRunRequestBody): Hash32 => {
    if (isDraining) throw new KeyquorumError("SHUTTING_DOWN");
    const request: Accepted = { ...checkRequest(body, check), acceptedAt: check.now() };
    const { id, caller, deadline, acceptedAt } = request;
    const { nonce, module } = { nonce: body.request.nonce as Hash32, module: request.module.hash }; // a Hash32 by the body's schema
    if (runs.isTaken({ caller, nonce, deadline })) throw replayed(id); // before the limits: somebody else's replay costs its caller nothing
    queue.assertRoom(caller);
    writeEnds();
    rates.take(caller);
    if (!runs.accept({ id, caller, nonce, deadline, module, acceptedAt })) throw replayed(id);
    open.set(keyOf(request), Promise.withResolvers<RunBody>());
    onAccepted();
    queue.add(caller, (isOver) => {
      if (!isOver) return doRun(request);
      over(request, { failure: failureOf(STOPPED_BEFORE) });
      return Promise.resolve();
    });
    return id;
  };

  return {
    accept: (body) => {
      try {
        return accept(body);
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        log.error("A request cannot be kept", describeError(error));
        throw new KeyquorumError("UNAVAILABLE", "The runner cannot keep the request now.");
      }
    },
    read: async (caller, id, waitMs) => {
      const key = keyOf({ id, caller });
      const found = unwritten.get(key)?.body ?? runs.read(caller, id);
      if (found === undefined) throw new KeyquorumError("UNKNOWN_RUN");
      const waiting = open.get(key);
      if (waiting === undefined || waitMs <= 0) return found;
      const timer = Promise.withResolvers<undefined>();
      const timeout = setTimeout(timer.resolve, waitMs, undefined);
      const ended = await Promise.race([waiting.promise, timer.promise]).finally(() => clearTimeout(timeout));
      return ended ?? runs.read(caller, id) ?? found;
    },
    list: (caller) => runs.list(caller, LIST_LIMIT).map((run) => withoutOutputs(unwritten.get(keyOf({ id: run.id, caller }))?.body ?? run)),
    keepEnds,
    unwritten: () => unwritten.size,
    drain: async () => {
      isDraining = true;
      await queue.close();
      keepEnds();
    },
  };
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const withoutOutputs = ({ stdout: _, stderr: __, ...run }: RunBody): RunBody => run;

const keyOf = ({ id, caller }: { readonly id: string; readonly caller: Address }): string => `${caller} ${id}`;

const replayed = (id: Hash32): KeyquorumError => new KeyquorumError("REQUEST_REPLAYED", undefined, { details: { run: id } });

/** Its nonce is used up: the same request is no good again. */
const STOPPED_BEFORE = new KeyquorumError("SHUTTING_DOWN", "The runner stopped before the run's turn came: sign another request.", {
  retryable: false,
});

const MAX_TEXT = 512;

/** A failure as the caller is told it. What nobody expected says nothing but INTERNAL. */
export const failureOf = (error: unknown): ErrorBody => {
  const known = error instanceof KeyquorumError ? error : new KeyquorumError("INTERNAL");
  const details = Object.entries(known.details).filter(
    ([name, value]) =>
      /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name) && (typeof value !== "object" || value === null) && String(value).length <= MAX_TEXT,
  );
  return {
    code: known.code,
    message: redactText(known.message).slice(0, 1024),
    retryable: known.retryable,
    details: Object.fromEntries(details.slice(0, 16)) as ErrorBody["details"], // no lists are left
  };
};
