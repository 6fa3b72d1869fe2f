import type { IncomingMessage } from "node:http";
import { createGuardedRequest, type GuardOptions } from "@keyquorum/blobs/node";
import { hostOf, isPublicAddress } from "@keyquorum/wire";
import { HTTP_ERRORS } from "../child/blocklessHttp.ts";
import type { Egress, EgressAnswer } from "./egress.ts";
import { isPermitted, parsePrefix } from "./prefixes.ts";
import { type ParsedRequest, parseRequest } from "./request.ts";

export type EgressOptions = {
  /** The manifest's `permissions`: URL prefixes, compared by scheme, host, port and whole path segments. */
  readonly permissions: readonly string[];
  /** `host:port` that may be of a private network: the operator's word, for services of their own. */
  readonly privateHosts?: readonly string[];
  readonly caps?: Partial<EgressCaps>;
  /** For tests. */
  readonly lookup?: GuardOptions["lookup"];
};

export type EgressCaps = {
  readonly requests: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly headerBytes: number;
  /** Of one request, its redirects included. */
  readonly timeMs: number;
};

export const DEFAULT_EGRESS_CAPS: EgressCaps = {
  requests: 100,
  requestBytes: 1024 * 1024,
  responseBytes: 8 * 1024 * 1024,
  headerBytes: 16 * 1024,
  timeMs: 30_000,
};

const MAX_REDIRECTS = 5;

/**
 * One run's way to the network: the host sends, the module sees answers. Addresses are checked where the socket opens, redirects are followed inside
 * the permissions only, nothing is kept from one request to the next. Throws `INVALID_VALUE` for a permission that is no URL prefix.
 */
export const createEgress = ({ permissions, privateHosts = [], caps: own = {}, lookup }: EgressOptions): Egress => {
  const caps = { ...DEFAULT_EGRESS_CAPS, ...own };
  const prefixes = permissions.map(parsePrefix);
  const guard = lookup === undefined ? {} : { lookup };
  const [toPublic, toNamed] = [
    createGuardedRequest({ ...guard, isAllowed: isPublicAddress }),
    createGuardedRequest({ ...guard, isAllowed: () => true }),
  ];
  const isNamed = (url: URL): boolean => privateHosts.includes(`${hostOf(url)}:${url.port || (url.protocol === "https:" ? "443" : "80")}`);
  let asked = 0; // refused ones, too: reading one costs the host

  const follow = async (first: ParsedRequest, signal: AbortSignal): Promise<EgressAnswer> => {
    let request = first;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      if (!isPermitted(request.url, prefixes)) return { number: HTTP_ERRORS.destination };
      if (hops > 0 && ++asked > caps.requests) return { number: HTTP_ERRORS.tooManySessions };
      const { method, headers, body, url } = request;
      const send = isNamed(url) ? toNamed : toPublic;
      const answer = await send(url, {
        method,
        headers,
        signal,
        maxHeaderBytes: caps.headerBytes,
        ...(body === undefined ? {} : { body }),
      });
      const next = redirected(request, answer);
      if (next === undefined) return await read(answer, method, caps.responseBytes);
      answer.destroy();
      if (next === "invalid") return { number: HTTP_ERRORS.url };
      if (next === "elsewhere") return { number: HTTP_ERRORS.destination };
      request = next;
    }
    return { number: HTTP_ERRORS.request };
  };

  return {
    request: async (given, signal) => {
      if (prefixes.length === 0) return { number: HTTP_ERRORS.destination };
      if (++asked > caps.requests) return { number: HTTP_ERRORS.tooManySessions };
      const request = parseRequest(given);
      if (typeof request === "number") return { number: request };
      if ((request.body?.length ?? 0) > caps.requestBytes) return { number: HTTP_ERRORS.request };
      const timeMs = Math.min(caps.timeMs, request.timeoutMs ?? caps.timeMs);
      try {
        return await follow(request, AbortSignal.any([signal, AbortSignal.timeout(timeMs)]));
      } catch (error) {
        const code = (error as { readonly code?: unknown }).code; // of Node, or of the guard
        return { number: code === "PRIVATE_ADDRESS" ? HTTP_ERRORS.destination : HTTP_ERRORS.request };
      }
    },
    close: () => {
      prefixes.length = 0; // a request that is late finds nothing permitted
    },
  };
};

/** All that another origin gets of the headers: every other one, whatever its name, may have been meant for the first one alone. */
const KEPT_ELSEWHERE: ReadonlySet<string> = new Set(["accept", "accept-language", "range", "user-agent"]);

/**
 * The request that a redirect asks for, undefined when the answer is none. Another origin gets no credentials that were meant for this one: no header that
 * may be one, and no body, so that a redirect which would carry one there is not followed.
 */
const redirected = (request: ParsedRequest, answer: IncomingMessage): ParsedRequest | "invalid" | "elsewhere" | undefined => {
  const { statusCode = 0, headers } = answer;
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return undefined;
  const url = URL.parse(headers.location, request.url.href);
  if (url === null || url.username !== "" || url.password !== "") return "invalid";
  const becomesGet = statusCode === 303 || (statusCode < 303 && request.method === "POST");
  const isElsewhere = url.origin !== request.url.origin;
  if (isElsewhere && !becomesGet && (request.body?.length ?? 0) > 0) return "elsewhere";
  const kept = Object.entries(request.headers).filter(
    ([name]) => (!isElsewhere || KEPT_ELSEWHERE.has(name)) && (!becomesGet || !name.startsWith("content-")),
  );
  return {
    ...request,
    url,
    headers: Object.fromEntries(kept),
    ...(becomesGet ? { method: request.method === "HEAD" ? "HEAD" : "GET", body: undefined } : {}),
  };
};

const read = async (answer: IncomingMessage, method: string, maxBytes: number): Promise<EgressAnswer> => {
  const headers = Object.entries(answer.headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")] as const,
  );
  const parts: Uint8Array[] = [];
  let bytes = 0;
  if (method === "HEAD")
    answer.destroy(); // there is nothing to wait for, and the server may keep the connection
  else
    for await (const part of answer as AsyncIterable<Uint8Array>) {
      bytes += part.length;
      if (bytes > maxBytes) {
        answer.destroy();
        return { number: HTTP_ERRORS.request };
      }
      parts.push(part);
    }
  return { number: 0, status: answer.statusCode ?? 0, headers, body: Buffer.concat(parts) };
};
