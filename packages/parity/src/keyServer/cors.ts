import type { IncomingHttpHeaders } from "node:http";

/** What a browser lets pages of other origins do with a key server's answers, errors included. */
export type Cors = {
  /** For every answer. */
  readonly headers: (request: IncomingHttpHeaders) => Readonly<Record<string, string>>;
  /** The headers of the answer to a preflight; undefined: this is none, or not of an origin that may read. */
  readonly preflight: (request: IncomingHttpHeaders) => Readonly<Record<string, string>> | undefined;
};

const MAX_AGE_SECONDS = "600";

/** @param origins "*" among them: all of them. None: no page reads anything, and a preflight is the unknown method that it was */
export const createCors = (origins: readonly string[], allowedHeaders: readonly string[]): Cors => {
  const isAny = origins.includes("*");
  const headers = ({ origin }: IncomingHttpHeaders): Readonly<Record<string, string>> => {
    if (isAny) return { "access-control-allow-origin": "*", "access-control-expose-headers": "retry-after" };
    if (origins.length === 0) return {};
    const isAllowed = origin !== undefined && origins.includes(origin);
    return {
      vary: "origin",
      ...(isAllowed ? { "access-control-allow-origin": origin, "access-control-expose-headers": "retry-after" } : {}),
    };
  };
  return {
    headers,
    preflight: (request) => {
      const { origin } = request;
      if (origin === undefined || request["access-control-request-method"] === undefined) return undefined;
      if (!isAny && !origins.includes(origin)) return undefined;
      return {
        ...headers(request),
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": allowedHeaders.join(", "),
        "access-control-max-age": MAX_AGE_SECONDS,
      };
    },
  };
};
