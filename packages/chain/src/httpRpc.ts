import { isRateLimitError, nodeFailureOf } from "@keyquorum/bindings";
import { abortReason } from "./abort.ts";
import { type Clock, systemClock } from "./clock.ts";
import { ChainUnavailableError, RpcError } from "./errors.ts";
import { readLimited } from "./readLimited.ts";
import { redactText, redactUrl } from "./redact.ts";
import { isRead, type Rpc, type RpcOptions } from "./rpc.ts";

export type HttpRpcOptions = {
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** For one attempt. Default 10 s. */
  readonly timeoutMs?: number | undefined;
  /** Bytes of one answer after decompression. Default 32 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** How often a read is sent again. Default: 2 after silence; 4 after an answer in the node's place, or one that asks for time. */
  readonly retries?: number | undefined;
  /** First pause before sending again; it doubles. Default 200 ms. */
  readonly retryDelayMs?: number | undefined;
  /** From 0 to 1: by how much pauses differ, so that many keepers do not come back at once. Default: at random. */
  readonly jitter?: (() => number) | undefined;
  readonly clock?: Clock | undefined;
};

type Settings = {
  readonly url: string;
  /** The URL as it may be shown. */
  readonly shown: string;
  /** The URL without credentials. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly retries: number | undefined;
  readonly retryDelayMs: number;
  readonly jitter: () => number;
  readonly clock: Clock;
};

/** A node that wants a longer rest is not asked again within one call: the caller is told how long. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * JSON-RPC over HTTP to one node. Credentials in the URL (`https://user:password@host`) become a header; no message ever shows them or the path.
 * Only methods that read are sent again, and only after failures of transport, pages in the node's place, and errors that ask for time: never after
 * an answer of the node to the question. No redirect is followed.
 * Throws `RangeError` for an URL that is not http(s); calls throw `RpcError` or `ChainUnavailableError`.
 */
export const httpRpc = (url: string, options: HttpRpcOptions = {}): Rpc => {
  const settings = settingsOf(url, options);
  let lastId = 0;
  return {
    send: async (method, params, callOptions = {}) => {
      lastId += 1;
      for (let failures = 0; ; failures += 1) {
        try {
          return await attempt(settings, { id: lastId, method, params }, callOptions);
        } catch (error) {
          const pause = isRead(method) ? pauseAfter(settings, error, failures) : undefined;
          if (pause === undefined) throw error;
          await settings.clock.sleep(pause, callOptions.signal);
          if (callOptions.signal?.aborted) throw abortReason(callOptions.signal);
        }
      }
    },
  };
};

const settingsOf = (url: string, options: HttpRpcOptions): Settings => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol))
    throw new RangeError("An RPC's URL must start with http:// or https:// and name a host.");
  const credentials = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
  const hasCredentials = parsed.username !== "" || parsed.password !== "";
  parsed.username = "";
  parsed.password = "";
  return {
    url,
    shown: redactUrl(url),
    target: parsed.href,
    headers: { "content-type": "application/json", ...(hasCredentials ? { authorization: `Basic ${toBase64(credentials)}` } : {}) },
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    timeoutMs: options.timeoutMs ?? 10_000,
    maxResponseBytes: options.maxResponseBytes ?? 32 * 1024 * 1024,
    retries: options.retries,
    retryDelayMs: options.retryDelayMs ?? 200,
    jitter: options.jitter ?? Math.random,
    clock: options.clock ?? systemClock,
  };
};

type Call = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };

const attempt = async (settings: Settings, call: Call, { signal, timeoutMs = settings.timeoutMs }: RpcOptions): Promise<unknown> => {
  if (signal?.aborted) throw abortReason(signal);
  const controller = new AbortController();
  const onAbort = (): void => controller.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(onAbort, timeoutMs);
  try {
    const response = await settings.fetch(settings.target, {
      method: "POST",
      headers: settings.headers,
      body: JSON.stringify({ jsonrpc: "2.0", ...call }),
      signal: controller.signal,
      redirect: "manual", // a redirect could carry the request, and its header, elsewhere
    });
    if (response.status >= 300 && response.status < 400) throw redirected(settings, call, response);
    const text = await readLimited(response, settings.maxResponseBytes);
    if (text === undefined) throw unavailable(settings, call, "RESPONSE_TOO_LARGE", `sent more than ${settings.maxResponseBytes} bytes`);
    return resultOf(settings, call, response, text);
  } catch (error) {
    if (error instanceof RpcError || error instanceof ChainUnavailableError) throw error;
    if (signal?.aborted) throw abortReason(signal);
    if (controller.signal.aborted) throw unavailable(settings, call, "TIMEOUT", `did not answer within ${timeoutMs} ms`);
    throw unavailable(settings, call, "TRANSPORT", `could not be reached (${causeCode(error)})`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
};

/** The result in an answer's text. A JSON-RPC error counts as the node's statement whatever the HTTP status, but for those that gateways make. */
const resultOf = (settings: Settings, call: Call, { status, headers }: Response, text: string): unknown => {
  const isGateway = status === 401 || status === 403 || status === 407 || status === 429 || status >= 500;
  const answer = parseJson(text);
  // Some servers leave the id out of errors.
  if (answer !== undefined && (answer.id === call.id || (answer.id == null && "error" in answer))) {
    const error = answer.error;
    if (typeof error === "object" && error !== null && !isGateway) {
      const { code: told, message, data } = error as Readonly<Record<string, unknown>>;
      const code = typeof told === "number" ? told : 0;
      if (isRateLimit(code, message, data)) throw rateLimited(settings, call, `error ${code}`, { status, headers, responseBody: text });
      const shown = typeof message === "string" ? redactText(message, settings.url).slice(0, 300) : "no message";
      throw new RpcError(call.method, code, shown, data);
    }
    if (status === 200 && "result" in answer && (error === undefined || error === null)) return answer.result;
  }
  if (status === 429) throw rateLimited(settings, call, "HTTP status 429", { status, headers });
  if (status !== 200) throw unavailable(settings, call, "HTTP_STATUS", `answered with HTTP status ${status}`, { status });
  throw unavailable(settings, call, "BAD_RESPONSE", "answered with something that is not JSON-RPC");
};

const parseJson = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
};

/** An error that has data is a revert, whatever its text: a contract may write what it likes. */
const isRateLimit = (code: number, message: unknown, data: unknown): boolean =>
  code === 429 ||
  (!(typeof data === "string" && data.startsWith("0x")) && isRateLimitError({ code, text: typeof message === "string" ? message : "" }));

const rateLimited = (settings: Settings, call: Call, told: string, answer: object): ChainUnavailableError => {
  const { status, retryAfterMs } = nodeFailureOf(answer);
  return unavailable(settings, call, "RATE_LIMITED", `is asked too often (${told})`, {
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
};

const redirected = (settings: Settings, call: Call, { status, headers, body }: Response): ChainUnavailableError => {
  body?.cancel().catch(() => {}); // nobody reads it
  const { location } = nodeFailureOf({ status, headers });
  const where = location === undefined ? "elsewhere" : `to ${location}`;
  return unavailable(
    settings,
    call,
    "REDIRECTED",
    `redirects ${where} (HTTP status ${status}), which is not followed: name the URL there`,
    { status },
  );
};

const unavailable = (
  { shown }: Settings,
  { method }: Call,
  reason: ChainUnavailableError["reason"],
  what: string,
  details: Readonly<Record<string, number>> = {},
): ChainUnavailableError =>
  new ChainUnavailableError(reason, `The RPC ${shown} ${what} (${method}). Check the node and the network.`, {
    details: { rpc: shown, method, ...details },
  });

/** Milliseconds until a read may be sent again; undefined: sending it again would not help, or the node wants a longer rest. */
const pauseAfter = ({ retries, retryDelayMs, jitter }: Settings, error: unknown, failures: number): number | undefined => {
  if (!(error instanceof ChainUnavailableError) || !isTransient(error)) return undefined;
  const isSilent = error.reason === "TIMEOUT" || error.reason === "TRANSPORT"; // each try of these may take the whole time limit
  if (failures >= (retries ?? (isSilent ? 2 : 4))) return undefined;
  const pause = Math.max(retryDelayMs * 2 ** failures, Number(error.details.retryAfterMs ?? 0));
  return pause > LONGEST_PAUSE_MS ? undefined : Math.round(pause * (1 + jitter() / 4));
};

/** Failures that sending again can heal. Gateways and captive pages answer with HTML and status 200. */
const isTransient = ({ reason, details }: ChainUnavailableError): boolean =>
  ["TIMEOUT", "TRANSPORT", "RATE_LIMITED", "BAD_RESPONSE"].includes(reason) || (reason === "HTTP_STATUS" && Number(details.status) >= 500);

/** The system's short name of a failure, e.g. ECONNREFUSED. The full text could show the URL and is left out. */
const causeCode = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause as { readonly code?: unknown } | undefined) : undefined;
  return typeof cause?.code === "string" && /^[A-Z0-9_]{1,40}$/.test(cause.code) ? cause.code : "no connection";
};

const toBase64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
