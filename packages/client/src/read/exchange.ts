import { withoutKeys } from "@keyquorum/wire";
import { abortable, limitedSignal } from "../time/abortable.ts";
import type { Clock } from "../time/clock.ts";
import { KeeperError } from "./keeperError.ts";

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What one exchange with a keeper may take. */
export type ExchangeLimits = {
  /** Milliseconds for all of it. */
  readonly overallMs: number;
  /** Milliseconds without a byte. */
  readonly idleMs: number;
  /** Bytes of the response's body. */
  readonly maxBytes: number;
};

/** A keeper answers within these or is passed over. An honest answer is about 2 KiB. */
export const DEFAULT_EXCHANGE_LIMITS: ExchangeLimits = { overallMs: 10_000, idleMs: 4_000, maxBytes: 64 * 1024 };

/** What came back. */
export type JsonResponse = {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterMs: number | undefined;
  /** The other side's clock, in milliseconds since 1970, cut to a second; undefined where it is not told, or hidden from a page. */
  readonly date: number | undefined;
};

/** One for all exchanges: of each error by which a response ends Node writes down the stack. */
const FINISHED = new Error("finished");

/**
 * Sends JSON and returns the status and the parsed JSON of the response.
 *
 * The other side may be anything: it is given an overall time, an idle time and a size, and redirects are refused.
 * Throws KeeperError UNREACHABLE, TIMEOUT, STALLED, RESPONSE_TOO_LARGE or BAD_RESPONSE; the caller's abort passes through.
 */
export const exchangeJson = async (options: {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly body?: unknown;
  readonly limits: ExchangeLimits;
  readonly signal?: AbortSignal | undefined;
}): Promise<JsonResponse> => {
  const { fetch, clock, url, method, body, limits, signal } = options;
  const limited = limitedSignal({
    signal,
    clock,
    timeoutMs: limits.overallMs,
    onTimeout: () => new KeeperError("TIMEOUT", `It did not finish its answer within ${limits.overallMs} ms.`, { retryable: true }),
  });
  try {
    const response = await withIdleLimit(clock, limits.idleMs, limited.abort, () =>
      abortable(
        fetch(url, {
          method,
          headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          redirect: "error",
          credentials: "omit",
          cache: "no-store",
          signal: limited.signal,
        }),
        limited.signal,
      ),
    );
    const text = await readBody(response, { clock, limits, limited });
    return {
      status: response.status,
      body: parseJson(text, response.status),
      retryAfterMs: retryAfterOf(response),
      date: dateOf(response),
    };
  } catch (error) {
    if (signal?.aborted || error instanceof KeeperError) throw error;
    if (error instanceof Error && "code" in error && error.code === "PRIVATE_ADDRESS")
      throw new KeeperError(
        "ENDPOINT_REFUSED",
        "Its endpoint leads to a private network; `allowPrivateEndpoints` lets the client ask there.",
      );
    throw new KeeperError("UNREACHABLE", `It cannot be reached (${shortReason(error)}).`, { retryable: true, cause: error });
  } finally {
    limited.abort(FINISHED);
    limited.dispose();
  }
};

const readBody = async (
  response: Response,
  {
    clock,
    limits,
    limited,
  }: { readonly clock: Clock; readonly limits: ExchangeLimits; readonly limited: ReturnType<typeof limitedSignal> },
): Promise<string> => {
  const declared = Number(response.headers.get("content-length") ?? "0");
  if (declared > limits.maxBytes) throw tooLarge(limits.maxBytes);
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await withIdleLimit(clock, limits.idleMs, limited.abort, () => abortable(reader.read(), limited.signal));
      if (done) break;
      length += value.length;
      if (length > limits.maxBytes) throw tooLarge(limits.maxBytes);
      parts.push(value);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return new TextDecoder().decode(bytes);
};

const withIdleLimit = async <T>(clock: Clock, idleMs: number, abort: (reason: Error) => void, step: () => Promise<T>): Promise<T> => {
  const cancel = clock.after(idleMs, () => abort(new KeeperError("STALLED", `It sent nothing for ${idleMs} ms.`, { retryable: true })));
  try {
    return await step();
  } finally {
    cancel();
  }
};

const tooLarge = (maxBytes: number): KeeperError => new KeeperError("RESPONSE_TOO_LARGE", `Its answer is longer than ${maxBytes} bytes.`);

const parseJson = (text: string, status: number): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KeeperError("BAD_RESPONSE", `Its answer is not JSON (HTTP ${status}).`, { retryable: status >= 500, cause });
  }
};

const retryAfterOf = (response: Response): number | undefined => {
  const seconds = Number(response.headers.get("retry-after") ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 60) * 1000 : undefined;
};

const dateOf = (response: Response): number | undefined => {
  const date = Date.parse(response.headers.get("date") ?? "");
  return Number.isNaN(date) ? undefined : date;
};

/** The innermost cause's code or message: fetch hides "ECONNREFUSED" behind "fetch failed". */
const shortReason = (error: unknown): string => {
  let inner: unknown = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  if (!(inner instanceof Error)) return "unknown reason";
  return "code" in inner && typeof inner.code === "string" ? inner.code : withoutKeys(inner.message);
};
