import type { IncomingHttpHeaders } from "node:http";
import {
  createAdmission,
  createPlainServer,
  type PlainAnswer,
  type PlainRefusal,
  type PlainRequest,
  type PlainServer,
  type TlsPem,
} from "@keyquorum/http";
import { type Clock, describeError, type Logger } from "@keyquorum/keeper";
import { encodeErrorBody, isNodeErrorCode, KeyquorumError } from "@keyquorum/wire";
import { errorBody, JSON_TYPE } from "../formats/bodies.ts";
import { FRESHNESS_HEADER, type FreshnessDomain } from "../formats/freshRequest.ts";
import { KeyServerError } from "../formats/keyServerError.ts";
import { answerWallet } from "../wallets/walletAnswers.ts";
import { walletError } from "../wallets/walletErrors.ts";
import type { WalletKeyServer } from "../wallets/walletOperations.ts";
import { type WalletRoute, walletRouteOf } from "../wallets/walletRoute.ts";
import { type AnsweredRequest, answerRequest } from "./answers.ts";
import { createCors } from "./cors.ts";
import { countedKeyServer } from "./countedKeyServer.ts";
import { createFreshness } from "./freshness.ts";
import type { KeyServer } from "./keyServer.ts";
import type { KeyServerOptions } from "./keyServerOptions.ts";
import { createOwnMachine } from "./ownMachine.ts";
import { createQuotas, type QuotaStore } from "./quotas.ts";
import type { KeyServerOutcome, KeyServerReport, KeyServerRoute } from "./report.ts";
import { parseKeyServerRequest } from "./requestPath.ts";
import { parseServersSetBody } from "./serversSet.ts";
import { toldError } from "./toldError.ts";

export type KeyServerHttpParts = {
  readonly options: KeyServerOptions;
  /** Without it: plain HTTP. */
  readonly tls?: TlsPem | undefined;
  readonly keyServer: KeyServer;
  /** Whether whoever asks reads everything. Default: false. */
  readonly isOpenToReaders?: boolean;
  readonly domain: FreshnessDomain;
  readonly log: Logger;
  readonly report: KeyServerReport;
  /** Where today's count outlives a restart. */
  readonly quotaStore?: QuotaStore | undefined;
  readonly clock: Pick<Clock, "now" | "sleep">;
};

/** No route reads a body but the one that changes the set of servers, whose keys fill it. */
const MAX_BODY_BYTES = 65_536;

/** The key server's own HTTP server: Parity's paths, errors and statuses behind the limits of `@keyquorum/http`. It neither logs nor repeats any path. */
export const createKeyServerHttp = (parts: KeyServerHttpParts): PlainServer => {
  const { options, log, report, clock } = parts;
  const { now } = clock;
  const admission = createAdmission({ clock, isRefusal });
  /** Nobody but programs of this machine may reach it: pages of web sites are others. */
  const isLocal = options.authors === undefined || parts.isOpenToReaders === true;
  const origins = isLocal ? options.corsOrigins.filter((origin) => origin !== "*") : options.corsOrigins;
  let hasTurnedAway = false;
  const isFromOwnMachine = createOwnMachine({ origins, hosts: [] });
  const cors = createCors(origins, ["content-type", "accept", FRESHNESS_HEADER]);
  const checkFreshness = createFreshness({ domain: parts.domain, isRequired: options.freshRequests === "required", now });
  const rules = { ...options, authors: options.authors ?? "any", administrator: options.adminPublic } as const;
  const quotas =
    options.authors === "any"
      ? createQuotas({
          limits: options.quotas,
          now,
          store: parts.quotaStore,
          onHalf: () => log.warn("Half of today's server keys for strangers are used up", { total: options.quotas.total }),
          onUsed: report.quotaUsed,
        })
      : undefined;
  const keyServer = (address: string): KeyServer =>
    admitted(quotas === undefined ? parts.keyServer : countedKeyServer(parts.keyServer, quotas, address), (work) =>
      admission.run({ address, until: now() + options.requestTimeoutMilliseconds }, work),
    );
  if (options.zeroThreshold && options.leastThreshold === 0)
    log.warn("Server keys of threshold 0 are allowed: each keeper alone opens their documents. Forbid them with zeroThreshold = false");

  const answer = async (
    request: PlainRequest,
  ): Promise<PlainAnswer & { readonly route: KeyServerRoute; readonly outcome: KeyServerOutcome }> => {
    const { method, target, headers, address } = request;
    const preflight = method === "OPTIONS" ? cors.preflight(headers) : undefined;
    if (preflight !== undefined) return { status: 204, headers: preflight, route: "preflight", outcome: "answered" };
    const wallet = walletRouteOf(target);
    if (wallet !== undefined && method === "POST" && parts.keyServer.wallets !== undefined) return answerToWallet(wallet, request);
    const asked = withBody(parseKeyServerRequest(method, target), request.body);
    if (asked === undefined) return { status: 400, headers: cors.headers(headers), route: "none", outcome: "bad_request" };
    const route = asked.kind;
    try {
      const header = headers[FRESHNESS_HEADER];
      const body = await answerRequest(asked, {
        ...{ keyServer: keyServer(address), rules },
        checkFreshness: ({ address: requester }) =>
          checkFreshness({ header: Array.isArray(header) ? header.join() : header, method, target, requester, address }),
      });
      const type = body === "" ? {} : { "content-type": JSON_TYPE };
      return { status: 200, headers: { ...cors.headers(headers), ...type }, body, route, outcome: "answered" };
    } catch (error) {
      const { told, isExpected } = toldError(error);
      if (!isExpected) log.error("A request to the key server failed", { route, ...described(error) });
      return { ...errorAnswer(told, cors.headers(headers)), route, outcome: told.kind };
    }
  };

  const answerToWallet = async (route: WalletRoute, { headers, address, body }: PlainRequest) => {
    const json = { ...cors.headers(headers), "content-type": JSON_TYPE, "cache-control": "no-store" };
    try {
      const own = keyServer(address);
      if (own.wallets === undefined) throw new KeyquorumError("NOT_FOUND");
      const answered = await answerWallet(route, jsonOf(headers, body), { keyServer: own, wallets: own.wallets, rules });
      return { status: 200, headers: json, body: JSON.stringify(answered), route, outcome: "answered" as const };
    } catch (error) {
      const { told, isExpected } = walletError(error);
      if (!isExpected) log.error("A wallet's request to the key server failed", { route, ...described(error) });
      const reply = encodeErrorBody(told);
      const retryAfter = told.details.retryAfterSeconds;
      const retry = typeof retryAfter === "number" ? { "retry-after": String(retryAfter) } : {};
      const outcome = isNodeErrorCode(told.code) ? told.code : "INTERNAL";
      return { status: reply.status, headers: { ...json, ...retry }, body: JSON.stringify(reply.body), route, outcome };
    }
  };

  return createPlainServer({
    limits: { ...options, bodyLimitBytes: MAX_BODY_BYTES },
    tls: parts.tls,
    now,
    turnAway: ({ headers }) => {
      if (!isLocal || isFromOwnMachine(headers)) return undefined;
      report.answered({ route: "none", outcome: "refused_unread", seconds: 0 });
      if (!hasTurnedAway)
        log.warn(
          "A web page, or who used another name of this machine, was refused: name pages in corsOrigins, or who generates in authors",
        );
      hasTurnedAway = true;
      return errorAnswer(new KeyServerError("AccessDenied"), cors.headers(headers));
    },
    answer: async (request) => {
      const from = now();
      const { route, outcome, ...rest } = await answer(request);
      report.answered({ route, outcome, seconds: (now() - from) / 1_000 });
      return rest;
    },
    refuse: (why, { headers = {}, retryAfter }) => {
      report.answered({ route: "none", outcome: "refused_unread", seconds: 0 });
      return refusal(why, cors.headers(headers), retryAfter);
    },
    onFailure: (error) => log.error("A request to the key server failed", { route: "none", ...describeError(error) }),
  });
};

/** Undefined: the body is not what the route needs; no other route reads one. */
const withBody = (asked: ReturnType<typeof parseKeyServerRequest>, body: Uint8Array): AnsweredRequest | undefined => {
  if (asked?.kind !== "servers_set") return asked;
  const nodes = parseServersSetBody(body);
  return nodes === undefined ? undefined : { ...asked, nodes };
};

/** What speaks against who asked: it will be answered so again. */
const isRefusal = (error: unknown): boolean =>
  error instanceof KeyServerError
    ? error.kind !== "ConsensusTemporaryUnreachable" && error.status < 500 && error.status !== 429
    : error instanceof KeyquorumError && !error.retryable;

/** A page of another site may send anything but this type without asking its browser first. Throws UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST. */
const jsonOf = ({ "content-type": type = "" }: IncomingHttpHeaders, body: Uint8Array): unknown => {
  if (!/^application\/json(?:;|$)/i.test(type.trim())) throw new KeyquorumError("UNSUPPORTED_MEDIA_TYPE");
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new KeyquorumError("INVALID_REQUEST", "The body is not JSON in UTF-8.", { details: { field: "body" } }); // its text may have a signature
  }
};

/** The key server, whose every operation waits for its turn: each asks the chain, or other keepers. */
const admitted = (keyServer: KeyServer, turn: <Result>(work: () => Promise<Result>) => Promise<Result>): KeyServer => {
  const { documentKey, serverSets, moveKeys, wallets } = keyServer;
  return {
    generate: (ask) => turn(() => keyServer.generate(ask)),
    heldFor: keyServer.heldFor,
    publicKey: (ask) => turn(() => keyServer.publicKey(ask)),
    storeDocumentKey: (ask) => turn(() => keyServer.storeDocumentKey(ask)),
    shadows: (ask) => turn(() => keyServer.shadows(ask)),
    ...(documentKey === undefined ? {} : { documentKey: (ask) => turn(() => documentKey(ask)) }),
    ...(serverSets === undefined ? {} : { serverSets: () => turn(serverSets) }),
    ...(moveKeys === undefined ? {} : { moveKeys: () => turn(moveKeys) }),
    ...(wallets === undefined ? {} : { wallets: admittedWallets(wallets, turn) }),
  };
};

const admittedWallets = (
  { verify, held, read }: WalletKeyServer,
  turn: <Result>(work: () => Promise<Result>) => Promise<Result>,
): WalletKeyServer => ({
  verify: {
    generation: (ask) => turn(() => verify.generation(ask)),
    serverKey: (ask) => turn(() => verify.serverKey(ask)),
    storage: (ask) => turn(() => verify.storage(ask)),
  },
  held,
  read: (ask) => turn(() => read(ask)),
});

/** Whoever threw it may have named an id or a signature. */
const described = (error: unknown): object =>
  JSON.parse(JSON.stringify(describeError(error)).replace(/[0-9a-fA-F]{64,}/g, "(hex)")) as object; // true: it is still JSON of an object

const errorAnswer = ({ status, message, kind }: KeyServerError, cors: Readonly<Record<string, string>>): PlainAnswer => ({
  status,
  headers: { ...cors, "content-type": JSON_TYPE, ...(kind === "TooManyRequests" ? { "retry-after": "60" } : {}) },
  body: errorBody(message),
});

const refusal = (why: PlainRefusal, cors: Readonly<Record<string, string>>, retryAfter: number): PlainAnswer => {
  switch (why) {
    case "malformed":
      return { status: 400 };
    case "oversize":
      return { status: 413, headers: cors };
    case "full":
    case "rate": {
      const { headers, ...rest } = errorAnswer(new KeyServerError("TooManyRequests", "come back later"), cors);
      return { ...rest, headers: { ...headers, "retry-after": String(retryAfter) } };
    }
    case "draining":
      return errorAnswer(new KeyServerError("Internal", "the key server stops"), cors);
    case "failed":
      return errorAnswer(new KeyServerError("Internal", "the key server failed"), cors);
  }
};
