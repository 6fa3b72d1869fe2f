import { isRateLimitError, nodeFailureOf } from "@keyquorum/bindings";
import { RpcError } from "../errors.ts";
import { redactText } from "../redact.ts";
import { type Call, type Endpoint, type Trouble, unavailable } from "./endpoint.ts";
import type { PostAnswer } from "./httpPost.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

export const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The result in what a node answered one call with. A JSON-RPC error counts as the node's statement whatever the HTTP status, but for those that gateways
 * make. Throws `RpcError` or `ChainUnavailableError`.
 */
export const resultIn = (endpoint: Endpoint, call: Call, answer: unknown, posted: PostAnswer): unknown => {
  const { status } = posted;
  // Some servers leave the id out of errors.
  if (isObject(answer) && (answer.id === call.id || (answer.id == null && "error" in answer))) {
    const { error } = answer;
    if (typeof error === "object" && error !== null && !isGateway(status)) throw errorIn(endpoint, call, error as JsonObject, posted);
    if (status === 200 && "result" in answer && (error === undefined || error === null)) return answer.result;
  }
  throw unavailable(
    endpoint,
    call,
    statusTrouble(posted) ?? { reason: "BAD_RESPONSE", what: "answered with something that is not JSON-RPC" },
  );
};

const errorIn = (endpoint: Endpoint, call: Call, { code: told, message, data }: JsonObject, posted: PostAnswer): Error => {
  const code = typeof told === "number" ? told : 0;
  if (isRateLimit(code, message, data))
    return unavailable(endpoint, call, rateLimited(`error ${code}`, { ...posted, error: { code, message, data } }));
  const shown = typeof message === "string" ? redactText(message, endpoint.url).slice(0, 300) : "no message";
  return new RpcError(call.method, code, shown, data);
};

/** Statuses that something before the node answers with: what came with them is not the node's word. */
const isGateway = (status: number): boolean => status === 401 || status === 403 || status === 407 || status === 429 || status >= 500;

/** What an HTTP status alone says; undefined: nothing. */
export const statusTrouble = (posted: PostAnswer): Trouble | undefined => {
  const { status } = posted;
  if (status === 429) return rateLimited("HTTP status 429", posted);
  return status === 200 ? undefined : { reason: "HTTP_STATUS", what: `answered with HTTP status ${status}`, details: { status } };
};

/** An error that has data is a revert, whatever its text: a contract may write what it likes. */
export const isRateLimit = (code: number, message: unknown, data: unknown): boolean =>
  code === 429 ||
  (!(typeof data === "string" && data.startsWith("0x")) && isRateLimitError({ code, text: typeof message === "string" ? message : "" }));

/** `answer`: whatever of it may say how long to wait. */
export const rateLimited = (told: string, answer: object): Trouble => {
  const { status, retryAfterMs } = nodeFailureOf(answer);
  return {
    reason: "RATE_LIMITED",
    what: `is asked too often (${told})`,
    details: { ...(status === undefined ? {} : { status }), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  };
};
