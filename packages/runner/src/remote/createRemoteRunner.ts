import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  errorFromBody,
  type Hash32,
  isErrorCode,
  KeyquorumError,
  parseErrorBody,
  parseHash32,
  parseRunBody,
  parseRunListBody,
  RUN_READING_HEADERS,
  RUN_ROUTES,
  type RunBody,
  type RunnerDomain,
  type RunRequest,
  type RunRequestTypedData,
  runReadingTypedData,
  runRequestDigest,
  runRequestTypedData,
  ZERO_HASH,
} from "@keyquorum/wire";
import { type VerifiedRun, verifyRunRecord } from "../record/verifyRunRecord.ts";
import type { RunLimits } from "../run/limits.ts";

/** Signs as the caller: an ethers signer does. */
export type CallerSigner = {
  readonly getAddress: () => Promise<string>;
  readonly signTypedData: (
    domain: RunRequestTypedData["domain"],
    types: RunRequestTypedData["types"],
    message: RunRequestTypedData["message"],
  ) => Promise<string>;
};

/** What a caller wants run. Without more, as the operator's manifest says. */
export type RemoteRun = {
  /** SHA-256 of the module's bytes. */
  readonly module: Hash32;
  readonly args?: readonly string[];
  readonly stdin?: Uint8Array;
  /** Lower ones. */
  readonly limits?: Partial<RunLimits>;
  /** Has the service keep what the module prints. */
  readonly keepOutput?: boolean;
  /** Until when it must have begun. Default: 300. */
  readonly deadlineSeconds?: number;
};

/** A run that is over, as far as its record proves it. */
export type RemoteResult = {
  readonly id: Hash32;
  readonly record: NonNullable<RunBody["record"]>;
  readonly proved: VerifiedRun;
  /** Undefined where nobody waited and nothing was kept. Otherwise they have the hashes of the record. */
  readonly stdout: Uint8Array | undefined;
  readonly stderr: Uint8Array | undefined;
};

/** A runner's service, as one caller. */
export type RemoteRunner = {
  /**
   * Signs a request, sends it, waits for the end, and verifies the record: of this request, by this runner, of this module and input. A full service is
   * asked again, and where a connection broke the run is read again, ten times: the request has one nonce, so that nothing runs twice, whoever else delivers
   * it. Throws what the service answers, and what
   * the run failed with (ACCESS_DENIED, PERMISSION_NOT_FINAL, UNAVAILABLE, RUN_INTERRUPTED, ..); BAD_ANSWER, INVALID_RECORD.
   */
  readonly run: (wanted: RemoteRun, options?: { readonly signal?: AbortSignal }) => Promise<RemoteResult>;
  /** One of the caller's runs. Throws UNKNOWN_RUN. */
  readonly read: (id: Hash32, options?: { readonly waitSeconds?: number; readonly signal?: AbortSignal }) => Promise<RunBody>;
  /** The caller's newest runs, without outputs. */
  readonly list: (options?: { readonly signal?: AbortSignal }) => Promise<readonly RunBody[]>;
};

export type RemoteOptions = {
  readonly url: string;
  readonly signer: CallerSigner;
  /**
   * Which runner is meant. It is not asked for its name: who answers at the URL could name another one, and have the signature carried there.
   */
  readonly domain: RunnerDomain;
  readonly fetch?: typeof fetch;
  readonly clock?: { readonly now: () => number; readonly wait: (milliseconds: number, signal?: AbortSignal) => Promise<void> };
};

const READING_SECONDS = 120;
const WAIT_SECONDS = 20;
const TIMEOUT_MS = 60_000;
/** Base64 of the largest outputs, and a record with all receipts. */
const MAX_ANSWER_BYTES = 200 * 1024 * 1024;
const MAX_TRIES = 3;
const RETRY_MS = 500;
const LEAST_BETWEEN_MS = 1_000;
/** Readings in a row that do not arrive: about a minute, in which a service starts again. */
const MAX_READINGS = 10;
const LONGEST_RETRY_MS = 8_000;

export const createRemoteRunner = ({ url, signer, domain, fetch: send = fetch, clock = SYSTEM_CLOCK }: RemoteOptions): RemoteRunner => {
  const ask = async (path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<unknown> => {
    const limited = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal === undefined ? [] : [signal])]);
    const answer = await send(new URL(path, url), { ...init, redirect: "error", signal: limited }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw new KeyquorumError("UNAVAILABLE", "The runner's service cannot be reached.", {
        cause,
        action: "Check its URL, and ask again later.",
      });
    });
    const value = await bodyOf(answer);
    if (answer.ok) return value;
    throw errorFromBody(parseErrorBody(value));
  };
  const sign = async ({ domain: of, types, message }: RunRequestTypedData): Promise<string> =>
    (await signer.signTypedData(of, types, message)).toLowerCase();
  const seconds = (): number => Math.floor(clock.now() / 1000);

  /** The last reading that was signed: a wallet is not asked again for one run while it is good for the next answer. */
  let signed: { readonly run: Hash32; readonly until: number; readonly headers: Record<string, string> } | undefined;
  const readingHeaders = async (run: Hash32): Promise<Record<string, string>> => {
    if (signed?.run === run && signed.until - seconds() > READING_SECONDS / 2) return signed.headers;
    const until = seconds() + READING_SECONDS;
    const deadline = BigInt(until);
    const headers = {
      [RUN_READING_HEADERS.caller]: (await signer.getAddress()).toLowerCase(),
      [RUN_READING_HEADERS.deadline]: String(deadline),
      [RUN_READING_HEADERS.signature]: await sign(runReadingTypedData(domain, { run, deadline })),
    };
    signed = { run, until, headers };
    return headers;
  };
  const read: RemoteRunner["read"] = async (id, { waitSeconds = 0, signal } = {}) =>
    parseRunBody(
      await ask(`${RUN_ROUTES.getRun.path.replace(":id", id)}?wait=${waitSeconds}`, { headers: await readingHeaders(id) }, signal),
    );

  /** Reads a run that goes on whether or not somebody reads: a connection that breaks, or a service that is full or starts again, is no end of it. */
  const readOn = async (id: Hash32, waitSeconds: number, signal: AbortSignal | undefined): Promise<RunBody> => {
    for (let tries = 1; ; tries++) {
      try {
        return await read(id, { waitSeconds, ...(signal === undefined ? {} : { signal }) });
      } catch (error) {
        const isAway = error instanceof KeyquorumError && AWAY.has(error.code);
        if (!isAway || tries >= MAX_READINGS) throw error;
        await clock.wait(Math.min(RETRY_MS * 2 ** (tries - 1), LONGEST_RETRY_MS), signal);
      }
    }
  };

  /** Until the service has taken the request, or refuses it. */
  const post = async (id: Hash32, request: RunRequest, body: string, signal: AbortSignal | undefined): Promise<RunBody> => {
    for (let tries = 1; ; tries++) {
      try {
        const init = { method: "POST", headers: { "content-type": "application/json" }, body };
        return parseRunBody(await ask(`${RUN_ROUTES.postRun.path}?wait=${WAIT_SECONDS}`, init, signal));
      } catch (error) {
        if (!(error instanceof KeyquorumError)) throw error;
        if (error.code === "REQUEST_REPLAYED") return await ownRun(id, error, signal); // an earlier try arrived, or somebody else delivered it
        const isFull = error.code === "RATE_LIMITED";
        const pause = isFull ? 1000 * Number(error.details.retryAfterSeconds ?? 2) : RETRY_MS;
        const isInTime = clock.now() + pause < 1000 * Number(request.deadline);
        if (!isInTime || !(isFull || (error.code === "UNAVAILABLE" && tries < MAX_TRIES))) throw error;
        await clock.wait(pause, signal);
      }
    }
  };

  /** The run of a request that the service has taken before; `replayed` where it is another's nonce. */
  const ownRun = async (id: Hash32, replayed: KeyquorumError, signal: AbortSignal | undefined): Promise<RunBody> => {
    try {
      return await readOn(id, 0, signal);
    } catch (error) {
      throw error instanceof KeyquorumError && error.code === "UNKNOWN_RUN" ? replayed : error;
    }
  };

  return {
    read,
    list: async ({ signal } = {}) =>
      parseRunListBody(await ask(RUN_ROUTES.getRuns.path, { headers: await readingHeaders(parseHash32(ZERO_HASH)) }, signal)).runs,
    run: async (wanted, { signal } = {}) => {
      const stdin = wanted.stdin ?? new Uint8Array(0);
      const request: RunRequest = {
        ...{
          caller: (await signer.getAddress()).toLowerCase(),
          module: wanted.module,
          args: [...(wanted.args ?? [])],
          stdin: sha256(stdin),
        },
        ...{ limits: { ...wanted.limits }, keepOutput: wanted.keepOutput ?? false, nonce: `0x${randomBytes(32).toString("hex")}` },
        deadline: String(seconds() + (wanted.deadlineSeconds ?? 300)),
      };
      const id = runRequestDigest(domain, request);
      const signature = await sign(runRequestTypedData(domain, request));
      const body = JSON.stringify({ request, signature, ...(stdin.length === 0 ? {} : { stdin: Buffer.from(stdin).toString("base64") }) });
      let run = await post(id, request, body, signal);
      while (run.state === "queued" || run.state === "running") {
        const asked = clock.now();
        run = await readOn(id, WAIT_SECONDS, signal);
        const pause = LEAST_BETWEEN_MS - (clock.now() - asked); // a service that does not hold its answers is not asked in a circle
        if ((run.state === "queued" || run.state === "running") && pause > 0) await clock.wait(Math.min(pause, LEAST_BETWEEN_MS), signal);
      }
      return resultOf(run, { id, request, domain });
    },
  };
};

const AWAY: ReadonlySet<string> = new Set(["UNAVAILABLE", "RATE_LIMITED", "SHUTTING_DOWN"]);

/** What the service told of a run, held against what was asked. */
const resultOf = async (
  { record, failure, stdout, stderr }: RunBody,
  { id, request, domain }: { readonly id: Hash32; readonly request: RunRequest; readonly domain: RunnerDomain },
): Promise<RemoteResult> => {
  if (failure !== undefined) throw errorOf(failure, id);
  const proved = await verifyRunRecord(record);
  const facts = [proved.run === id, proved.runner === domain.runner, proved.chainId === domain.chainId, proved.module === request.module];
  if (record === undefined || !facts.every(Boolean) || record.stdin !== request.stdin)
    throw new KeyquorumError("INVALID_RECORD", "The record is of another request, runner, module or input than was asked.", {
      details: { field: "run", run: id },
    });
  const output = (name: "stdout" | "stderr", text: string | undefined): Uint8Array | undefined => {
    if (text === undefined) return undefined;
    const bytes = Buffer.from(text, "base64");
    if (sha256(bytes) === record[name]) return bytes;
    throw new KeyquorumError("INVALID_RECORD", `What came as ${name} is not what the record has the hash of.`, {
      details: { field: name, run: id },
    });
  };
  return { id, record, proved, stdout: output("stdout", stdout), stderr: output("stderr", stderr) };
};

/** A run's failure as an error: codes that no server sends, too. */
const errorOf = (failure: NonNullable<RunBody["failure"]>, id: Hash32): KeyquorumError => {
  const { code, message, details } = parseErrorBody(failure);
  if (isErrorCode(code)) return new KeyquorumError(code, message, { details: { ...details, run: id } });
  return new KeyquorumError("BAD_ANSWER", "The run failed with a code that this version does not know.", {
    details: { runnerCode: code, run: id },
  });
};

const bodyOf = async (answer: Response): Promise<unknown> => {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.length;
    if (bytes > MAX_ANSWER_BYTES) throw new KeyquorumError("BAD_ANSWER", "The service's answer is too long.");
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch (cause) {
    throw new KeyquorumError("BAD_ANSWER", "The service's answer is not JSON.", { cause });
  }
};

const sha256 = (bytes: Uint8Array): string => `0x${createHash("sha256").update(bytes).digest("hex")}`;

const SYSTEM_CLOCK = {
  now: Date.now,
  wait: async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};
