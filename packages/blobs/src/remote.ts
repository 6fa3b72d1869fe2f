import { type ErrorDetails, KeyquorumError } from "@keyquorum/wire";
import { orAborted } from "./untilAborted.ts";

/** As much of `fetch` as remote stores use. */
export type Fetch = (
  url: string,
  init: {
    readonly method: "GET" | "HEAD" | "POST";
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: FormData;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
  },
) => Promise<Response>;

export type AskOptions = {
  readonly fetch: Fetch;
  /** The store's name in errors: its origin. Never its path, headers or arguments. */
  readonly store: string;
  readonly url: string;
  readonly method: "GET" | "HEAD" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: FormData;
  /** For the whole exchange, the last byte included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Asks a remote store and reads its answer, both before the deadline, with no redirect followed. `read` gets a signal that ends with the deadline.
 * Throws the caller's reason when the caller aborts; `BLOB_REMOTE_FAILED` with a reason otherwise, without any of the headers that were sent.
 */
export const ask = async <T>(
  { fetch, store, url, method, headers = {}, body, timeoutMs, signal }: AskOptions,
  read: (response: Response) => Promise<T>,
): Promise<T> => {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  let response: Response | undefined;
  try {
    const answering = fetch(url, { method, headers, redirect: "manual", signal: either, ...(body === undefined ? {} : { body }) });
    response = await orAborted(answering, either);
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) throw remoteRefuses(store, "it redirects");
    return await orAborted(read(response), either);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof KeyquorumError) throw error;
    throw remoteFailed(store, deadline.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error));
  } finally {
    // What is left of the answer is not wanted. Not awaited: a body that hangs would hang here too.
    if (response?.body?.locked === false) void response.body.cancel().catch(() => undefined);
  }
};

/** A body of at most `maxBytes`; undefined when there are more. What the sender declares is believed only when it is too much. */
export const readBody = async (response: Response, maxBytes: number): Promise<Uint8Array | undefined> => {
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) return undefined;
  if (response.body === null) return new Uint8Array(0);
  const reader = response.body.getReader();
  const pieces: Uint8Array[] = [];
  let total = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      total += next.value.length;
      if (total > maxBytes) return undefined;
      pieces.push(next.value);
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
  return concat(pieces, total);
};

export const concat = (pieces: readonly Uint8Array[], total: number): Uint8Array => {
  const all = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
};

/** A failure that may pass: the same question may be answered later. */
export const remoteFailed = (store: string, reason: string, details: ErrorDetails = {}): KeyquorumError =>
  new KeyquorumError("BLOB_REMOTE_FAILED", `The store at ${store} failed: ${reason}.`, { details: { ...details, store, reason } });

/** A failure that asking again does not change. */
export const remoteRefuses = (store: string, reason: string): KeyquorumError =>
  new KeyquorumError("BLOB_REMOTE_FAILED", `The store at ${store} failed: ${reason}.`, { details: { store, reason }, retryable: false });

/** What an answer's status says, where it is none of success. `details.retryAfterMs`: how long the store asks to be left in peace. */
export const statusFailed = (store: string, response: Response, prefix = ""): KeyquorumError => {
  const { status } = response;
  if (status < 500 && ![408, 425, 429].includes(status)) return remoteRefuses(store, `${prefix}status ${status}`);
  const retryAfterMs = retryAfterOf(response);
  if (retryAfterMs === undefined) return remoteFailed(store, `${prefix}status ${status}`);
  return remoteFailed(store, `${prefix}status ${status}, it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`, { retryAfterMs });
};

/** Retry-After (RFC 9110 section 10.2.3): seconds, or a date. */
const retryAfterOf = (response: Response): number | undefined => {
  const text = response.headers.get("retry-after")?.trim() ?? "";
  const milliseconds = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return milliseconds > 0 ? milliseconds : undefined;
};

/** Whether a page for people came in place of bytes: of a proxy, a login, a limit. */
export const isWebPage = (response: Response, bytes: Uint8Array): boolean =>
  /^(text\/html|application\/xhtml)/i.test(response.headers.get("content-type") ?? "") ||
  /^\s*<(!doctype html|html)/i.test(String.fromCharCode(...bytes.subarray(0, 100)));

/** A code, never a text: libraries write URLs and headers into theirs. */
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
  return /^[A-Z0-9_]{2,60}$/.test(code) ? `it cannot be reached (${code})` : "it cannot be reached";
};
