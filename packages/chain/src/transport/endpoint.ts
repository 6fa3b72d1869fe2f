import { nodeFailureOf } from "@keyquorum/bindings";
import type { Clock } from "../clock.ts";
import { ChainUnavailableError, type UnavailableReason } from "../errors.ts";
import { isRead } from "../rpc.ts";
import { type HttpPost, isRedirect, type PostAnswer } from "./httpPost.ts";

/** One JSON-RPC endpoint, and how it is asked. */
export type Endpoint = {
  /** The URL as it was given: only to take it out of what a node says. */
  readonly url: string;
  /** The URL as it may be shown. */
  readonly shown: string;
  /** The URL without credentials. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly post: HttpPost;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly clock: Clock;
};

export type Call = { readonly id: number; readonly method: string; readonly params: readonly unknown[] };

/** Why there is no usable answer, before it is said of which call. */
export type Trouble = {
  readonly reason: UnavailableReason;
  readonly what: string;
  readonly details?: Readonly<Record<string, number>>;
};

export const isTrouble = (said: PostAnswer | Trouble): said is Trouble => "reason" in said;

/** Sends one call, or several as a batch, and waits so long for the answer. Never rejects. */
export const postTo = async (
  { target, headers, post, maxResponseBytes }: Endpoint,
  calls: Call | readonly Call[],
  { controller, timeoutMs }: { readonly controller: AbortController; readonly timeoutMs: number },
): Promise<PostAnswer | Trouble> => {
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    controller.abort();
  }, timeoutMs);
  const sent = [calls].flat().map((call) => ({ jsonrpc: "2.0", ...call }));
  const request = {
    ...{ url: target, headers, signal: controller.signal, maxBytes: maxResponseBytes },
    body: JSON.stringify(Array.isArray(calls) ? sent : sent[0]),
    isRead: sent.every(({ method }) => isRead(method)),
  };
  try {
    const answer = await post(request);
    if (isRedirect(answer.status)) return redirected(answer);
    if (answer.text === undefined) return { reason: "RESPONSE_TOO_LARGE", what: `sent more than ${maxResponseBytes} bytes` };
    return answer;
  } catch (error) {
    if (isOver) return { reason: "TIMEOUT", what: `did not answer within ${timeoutMs} ms` };
    return { reason: "TRANSPORT", what: `could not be reached (${causeCode(error)})` };
  } finally {
    clearTimeout(timer);
  }
};

const redirected = ({ status, headers }: PostAnswer): Trouble => {
  const { location } = nodeFailureOf({ status, headers });
  const where = location === undefined ? "elsewhere" : `to ${location}`;
  const what = `redirects ${where} (HTTP status ${status}), which is not followed: name the URL there`;
  return { reason: "REDIRECTED", what, details: { status } };
};

/** The system's short name of a failure, e.g. ECONNREFUSED. The full text could show the URL and is left out. */
const causeCode = (error: unknown): string => {
  const own = error instanceof Error ? (error as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } }) : undefined;
  const code = own?.cause?.code ?? own?.code;
  return typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code) ? code : "no connection";
};

/** The error for one call, with nothing in it that could be secret. */
export const unavailable = ({ shown }: Endpoint, { method }: Call, { reason, what, details = {} }: Trouble): ChainUnavailableError =>
  new ChainUnavailableError(reason, `The RPC ${shown} ${what} (${method}). Check the node and the network.`, {
    details: { rpc: shown, method, ...details },
  });
