import { type EndpointFetch, PrivateAddressError, readLimited } from "@keyquorum/chain";
import {
  encodeRepairAsk,
  encodeRepairContributionAsk,
  endpointUrl,
  errorFromBody,
  KeyquorumError,
  MAX_RESPONSE_BODY_BYTES,
  parseErrorBody,
  parseRepairContributionBody,
  parseRepairDealingBody,
  REPAIR_ROUTES,
} from "@keyquorum/wire";
import type { RepairPeer } from "./askHelpers.ts";

/** A helper does milliseconds of work; one that is silent is replaced. */
const TIMEOUT_MILLISECONDS = 10_000;

/**
 * Another keeper by its endpoint in the registry. Whatever answers there is a stranger: the size and time of its answer are limited, it is not
 * followed elsewhere, and nothing of it is trusted before its signature is checked.
 * @param options.endpoint as its operator wrote it into the registry
 * @param options.fetch follows no redirect
 */
export const httpPeer = (options: {
  readonly endpoint: string;
  readonly fetch: EndpointFetch;
  readonly signal: AbortSignal;
  readonly timeoutMilliseconds?: number;
}): RepairPeer => {
  const { endpoint, fetch, signal, timeoutMilliseconds = TIMEOUT_MILLISECONDS } = options;

  const post = async (path: string, body: unknown): Promise<unknown> => {
    const response = await fetch(routeUrl(endpoint, path), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]),
    });
    const text = await readLimited(response, MAX_RESPONSE_BODY_BYTES);
    if (text === undefined) throw new KeyquorumError("BAD_ANSWER", "The answer is longer than the protocol allows.");
    const value = parseJson(text);
    if (response.status === 200) return value;
    throw errorFromBody(parseErrorBody(value));
  };

  const asked = async (path: string, body: unknown): Promise<unknown> => {
    try {
      return await post(path, body);
    } catch (error) {
      if (error instanceof KeyquorumError) throw error;
      if (error instanceof PrivateAddressError)
        throw new KeyquorumError("ENDPOINT_REFUSED", "The keeper's endpoint leads to a private network ([repair] allowPrivateEndpoints).", {
          cause: error,
        });
      throw new KeyquorumError("UNAVAILABLE", "The keeper does not answer.", { cause: error });
    }
  };

  return {
    deal: async (ask) => parseRepairDealingBody(await asked(REPAIR_ROUTES.postDealing.path, encodeRepairAsk(ask))),
    contribute: async (ask) =>
      parseRepairContributionBody(await asked(REPAIR_ROUTES.postContribution.path, encodeRepairContributionAsk(ask))),
  };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KeyquorumError("BAD_ANSWER", "The answer is no JSON.", { cause });
  }
};

/** The route below a keeper's endpoint. Throws ENDPOINT_REFUSED. */
const routeUrl = (endpoint: string, path: string): string => {
  try {
    return endpointUrl(endpoint, path);
  } catch (cause) {
    throw new KeyquorumError("ENDPOINT_REFUSED", "The keeper's record in the registry has no endpoint that can be used.", { cause });
  }
};
