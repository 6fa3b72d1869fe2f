import { type EndpointFetch, PrivateAddressError, readLimited } from "@keyquorum/chain";
import { endpointUrl, errorFromBody, KeyquorumError, type PeerMessage, parseErrorBody } from "@keyquorum/wire";
import type { PeerTransport } from "./peerTransport.ts";

/** A keeper answers in milliseconds of work; one that is silent is given up. */
const TIMEOUT_MILLISECONDS = 10_000;

/**
 * Other keepers by their endpoints in the registry. Whatever answers there is a stranger: the size and time of its answer are limited, it is not
 * followed elsewhere, and nothing of it is trusted before its signature is checked.
 * @param options.fetch follows no redirect
 * @param options.signal ends all questions
 */
export const httpTransport = (options: {
  readonly fetch: EndpointFetch;
  readonly signal: AbortSignal;
  readonly timeoutMilliseconds?: number;
}): PeerTransport => {
  const { fetch, signal, timeoutMilliseconds = TIMEOUT_MILLISECONDS } = options;

  const post = async (url: string, body: unknown, maxAnswerBytes: number): Promise<unknown> => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]),
    });
    const text = await readLimited(response, maxAnswerBytes);
    if (text === undefined) throw new KeyquorumError("BAD_ANSWER", "The answer is longer than the protocol allows.");
    const value = parseJson(text);
    if (response.status === 200) return value;
    throw errorFromBody(parseErrorBody(value));
  };

  return {
    ask: async <Ask, Answer>({ route, maxAnswerBytes, encodeAsk, parseAnswer }: PeerMessage<Ask, Answer>, endpoint: string, ask: Ask) => {
      const url = routeUrl(endpoint, route.path);
      return parseAnswer(await post(url, encodeAsk(ask), maxAnswerBytes).catch(inCodes));
    },
  };
};

/** Throws KeyquorumError instead of what a network fails with. */
const inCodes = (error: unknown): never => {
  if (error instanceof KeyquorumError) throw error;
  if (error instanceof PrivateAddressError)
    throw new KeyquorumError("ENDPOINT_REFUSED", "The keeper's endpoint leads to a private network ([repair] allowPrivateEndpoints).", {
      cause: error,
    });
  throw new KeyquorumError("UNAVAILABLE", "The keeper does not answer.", { cause: error });
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KeyquorumError("BAD_ANSWER", "The answer is not JSON.", { cause });
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
