import { addressGroupOf, bodySchema, errorReplyOf, type HttpRoute } from "@keyquorum/http";
import {
  type Address,
  type Hash32,
  hexToBytes,
  KeyquorumError,
  parseAddress,
  parseHash32,
  parseSignedRunRequest,
  RUN_READING_HEADERS,
  RUN_ROUTES,
  ZERO_HASH,
} from "@keyquorum/wire";
import { createBodyBudget } from "./bodyBudget.ts";
import { type CheckOptions, checkReader } from "./checkRequest.ts";
import type { RunService } from "./runService.ts";

const RETRY_AFTER = 2;

/** Who had a run begun may hear of its end while the service ends. */
const ALSO_DRAINING = { config: { answersDraining: true } };

type Received = { readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly query: unknown };

/** The routes of runs. What a runner says about itself is `describe`'s. */
export const runRoutes =
  (options: {
    readonly service: Pick<RunService, "accept" | "read" | "list">;
    readonly check: CheckOptions;
    /** Longest time that an answer is held, in milliseconds. */
    readonly maxWaitMs: number;
    readonly maxStdinBytes: number;
    readonly describe: () => object;
    readonly onRefused?: (code: string) => void;
  }): HttpRoute =>
  (server) => {
    const { service, check, maxWaitMs, onRefused = () => undefined } = options;
    server.addHook("onError", (_request, _reply, error, done) => {
      onRefused(errorReplyOf(error).body.code);
      done();
    });
    const waitOf = ({ query }: Received): number => {
      const wait = typeof query === "object" && query !== null && "wait" in query ? query.wait : "0";
      if (typeof wait !== "string" || !/^[0-9]{1,5}$/.test(wait))
        throw new KeyquorumError("INVALID_REQUEST", "wait is a number of seconds.", { details: { field: "wait" } });
      return Math.min(Number(wait) * 1000, maxWaitMs);
    };

    const { postRun, getRun, getRuns, getRunner } = RUN_ROUTES;
    const body = bodySchema(postRun.body);
    const bodyLimit = bodyLimitOf(options.maxStdinBytes);
    const budget = createBodyBudget(bodyLimit);
    server.addHook("onRequest", ({ method, headers, ip }, reply, done) => {
      if (method !== "POST") return done();
      // Before a byte is read: who sends a body is known by the body alone. Node takes digits only; without a length it may have any.
      const length = Math.min(Number(headers["content-length"] ?? bodyLimit), bodyLimit);
      const giveBack = budget.take(addressGroupOf(ip), length);
      if (giveBack === undefined)
        return done(new KeyquorumError("RATE_LIMITED", "Too many bytes are under way.", { details: { retryAfterSeconds: RETRY_AFTER } }));
      reply.raw.once("close", giveBack); // answered, or gone
      done();
    });
    server.post(postRun.path, { ...body, bodyLimit }, async (request, reply) => {
      const waitMs = waitOf(request);
      const signed = parseSignedRunRequest(request.body);
      const id = service.accept(signed);
      const run = await service.read(parseAddress(signed.request.caller), id, waitMs);
      return reply.code(run.state === "ended" || run.state === "failed" ? 200 : 202).send(run);
    });
    server.get(getRun.path, ALSO_DRAINING, async (request, reply) => {
      const id = runIdOf((request.params as { readonly id?: unknown }).id); // the path has it
      const waitMs = waitOf(request);
      return reply.send(await service.read(readerOf(request, id, check), id, waitMs));
    });
    server.get(getRuns.path, ALSO_DRAINING, (request, reply) =>
      reply.send({ runs: service.list(readerOf(request, parseHash32(ZERO_HASH), check)) }),
    );
    server.get(getRunner.path, (_request, reply) => reply.send(options.describe()));
  };

/** Base64 of standard input, arguments of 128 KiB in the longest escapes of JSON, and the rest. */
export const bodyLimitOf = (maxStdinBytes: number): number => Math.ceil(maxStdinBytes / 3) * 4 + 6 * 128 * 1024 + 16_384;

const runIdOf = (text: unknown): Hash32 => {
  try {
    return parseHash32(text as string); // it refuses what is no text
  } catch {
    throw new KeyquorumError("UNKNOWN_RUN");
  }
};

/** Who reads, by its signature. Throws INVALID_REQUEST for headers that are none, and what `checkReader` throws. */
const readerOf = ({ headers }: Received, run: Hash32, check: CheckOptions): Address => {
  const field = (name: string, form: RegExp): string => {
    const value = headers[name];
    if (typeof value === "string" && form.test(value)) return value;
    throw new KeyquorumError("INVALID_REQUEST", `The header ${name} is missing, or is not what it should be.`, {
      details: { field: name },
    });
  };
  const caller = parseAddress(field(RUN_READING_HEADERS.caller, /^0x[0-9a-f]{40}$/));
  const deadline = field(RUN_READING_HEADERS.deadline, /^[1-9][0-9]{0,18}$/);
  const signature = hexToBytes(field(RUN_READING_HEADERS.signature, /^0x[0-9a-f]{130}$/), 65);
  return checkReader({ caller, deadline, signature, run }, check);
};
