import {
  ERROR_CODES,
  endpointUrl,
  errorFromBody,
  type Hash32,
  type NodeErrorBody,
  parseErrorBody,
  SHARE_REQUEST_ROUTE,
  type ShareRequestBody,
} from "@keyquorum/wire";
import type { KeeperContact } from "../keys/committee.ts";
import type { Clock } from "../time/clock.ts";
import type { KeeperBlocks } from "../types.ts";
import { type ExchangeLimits, exchangeJson, type Fetch } from "./exchange.ts";
import { KeeperError } from "./keeperError.ts";

/**
 * Posts a signed share request to one keeper and returns the body of its answer, not verified yet.
 * Throws KeeperError with the keeper's own code where it refuses, else as `exchangeJson` does, or NO_ENDPOINT.
 */
export const askKeeper = async (options: {
  readonly keeper: KeeperContact;
  readonly body: ShareRequestBody;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly limits: ExchangeLimits;
  readonly signal: AbortSignal;
}): Promise<unknown> => {
  const { keeper, body, fetch, clock, limits, signal } = options;
  const { method, path } = SHARE_REQUEST_ROUTE;
  const response = await exchangeJson({ fetch, clock, url: routeUrl(keeper.endpoint, path), method, body, limits, signal });
  if (response.status === 200) return response.body;
  const refusal = parseRefusal(response.body, response.status);
  const known = errorFromBody(refusal);
  const retryAfterMs = response.retryAfterMs === undefined ? {} : { retryAfterMs: response.retryAfterMs };
  // Advice is given once, for the outcome, not for each keeper.
  const reason = refusal.message.replace(ERROR_CODES[known.code].action, "").trim();
  throw new KeeperError(refusal.code, reason, {
    retryable: known.code === refusal.code && known.retryable,
    ...retryAfterMs,
    blocks: blocksOf(refusal),
  });
};

/** The blocks that a refusal says it was decided at, and why the chain could not be asked for a decision. */
const blocksOf = ({ details }: NodeErrorBody): KeeperBlocks & { readonly chain?: string } => {
  const isHash = (value: unknown): value is Hash32 => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value);
  const { finalBlock, headBlock, reason } = details;
  const chain = typeof reason === "string" && /^[A-Z_]{1,40}$/.test(reason) ? { chain: reason } : {};
  return { ...(isHash(finalBlock) ? { finalBlock } : {}), ...(isHash(headBlock) ? { headBlock } : {}), ...chain };
};

/** The route below a keeper's endpoint. Throws KeeperError NO_ENDPOINT. */
export const routeUrl = (endpoint: string, path: string): string => {
  if (endpoint === "") throw new KeeperError("NO_ENDPOINT", "Its record in the registry has no endpoint.");
  try {
    return endpointUrl(endpoint, path);
  } catch (cause) {
    throw new KeeperError("NO_ENDPOINT", `The endpoint in its record cannot be used. ${cause instanceof Error ? cause.message : ""}`, {
      cause,
    });
  }
};

const parseRefusal = (body: unknown, status: number): NodeErrorBody => {
  try {
    return parseErrorBody(body);
  } catch (cause) {
    throw new KeeperError("BAD_RESPONSE", `It answered HTTP ${status} without a reason.`, { retryable: status >= 500, cause });
  }
};
