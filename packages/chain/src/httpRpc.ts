import { abortReason } from "./abort.ts";
import { type Clock, systemClock } from "./clock.ts";
import { ChainUnavailableError } from "./errors.ts";
import { redactUrl } from "./redact.ts";
import { isRead, type Rpc, type RpcOptions } from "./rpc.ts";
import { createBatches } from "./transport/batches.ts";
import { type Call, type Endpoint, isTrouble, postTo, unavailable } from "./transport/endpoint.ts";
import { fetchPost, type HttpPost } from "./transport/httpPost.ts";
import { parseJson, resultIn } from "./transport/readAnswer.ts";

export type HttpRpcOptions = {
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** How requests are sent. Default: by `fetch`. */
  readonly post?: HttpPost | undefined;
  /** Whether questions of one turn of the event loop go together, in one JSON-RPC batch. Default: true. */
  readonly batch?: boolean | undefined;
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

type Settings = Endpoint & {
  readonly retries: number | undefined;
  readonly retryDelayMs: number;
  readonly jitter: () => number;
};

/** A node that wants a longer rest is not asked again within one call: the caller is told how long. */
const LONGEST_PAUSE_MS = 5_000;

/**
 * JSON-RPC over HTTP to one node. Credentials in the URL (`https://user:password@host`) become a header; no message ever shows them or the path.
 * Only methods that read are sent again, and only after failures of transport, pages in the node's place, and errors that ask for time: never after
 * an answer of the node to the question. What is sent again goes by itself, whatever it went with. No redirect is followed.
 * Throws `RangeError` for an URL that is not http(s); calls throw `RpcError` or `ChainUnavailableError`.
 */
export const httpRpc = (url: string, options: HttpRpcOptions = {}): Rpc => {
  const settings = settingsOf(url, options);
  const alone = (call: Call, callOptions: RpcOptions): Promise<unknown> => attempt(settings, call, callOptions);
  const batches = options.batch === false ? undefined : createBatches(settings, alone);
  let lastId = 0;
  return {
    send: async (method, params, callOptions = {}) => {
      lastId += 1;
      const call = { id: lastId, method, params };
      for (let failures = 0; ; failures += 1) {
        try {
          if (callOptions.signal?.aborted) throw abortReason(callOptions.signal);
          return await (batches === undefined ? alone(call, callOptions) : batches.ask(call, callOptions, failures > 0));
        } catch (error) {
          const pause = isRead(method) ? pauseAfter(settings, error, failures) : undefined;
          if (pause === undefined) throw error;
          await settings.clock.sleep(pause, callOptions.signal);
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
    post: options.post ?? fetchPost(options.fetch ?? globalThis.fetch.bind(globalThis)),
    timeoutMs: options.timeoutMs ?? 10_000,
    maxResponseBytes: options.maxResponseBytes ?? 32 * 1024 * 1024,
    retries: options.retries,
    retryDelayMs: options.retryDelayMs ?? 200,
    jitter: options.jitter ?? Math.random,
    clock: options.clock ?? systemClock,
  };
};

const attempt = async (endpoint: Endpoint, call: Call, { signal, timeoutMs = endpoint.timeoutMs }: RpcOptions): Promise<unknown> => {
  if (signal?.aborted) throw abortReason(signal);
  const controller = new AbortController();
  const onAbort = (): void => controller.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const posted = await postTo(endpoint, call, { controller, timeoutMs });
  signal?.removeEventListener("abort", onAbort);
  if (!isTrouble(posted)) return resultIn(endpoint, call, parseJson(posted.text ?? ""), posted);
  throw signal?.aborted ? abortReason(signal) : unavailable(endpoint, call, posted);
};

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

const toBase64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
