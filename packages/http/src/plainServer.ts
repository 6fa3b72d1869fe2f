import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { closeServerSoon } from "./closeSoon.ts";
import { addressGroupOf, limitConnections } from "./connectionLimits.ts";
import { DEFAULT_PER_ADDRESS, DEFAULT_REQUESTS_PER_MINUTE, type HttpLimits, RATE_CACHE, type TlsPem } from "./httpLimits.ts";
import { createRateLimit } from "./rateLimit.ts";
import { CHECK_INTERVAL, HEADERS_TIMEOUT } from "./serverSettings.ts";

/** A request as it came: nothing of it was read but its headers and its body, which is within the limit. */
export type PlainRequest = {
  readonly method: string;
  /** As it stands in the first line: not decoded, with its query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Who asks: an IPv4 address or the /64 of an IPv6 address. */
  readonly address: string;
  readonly body: Uint8Array;
};

/** Without `body`: no Content-Type either, unless it is among the headers. */
export type PlainAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** Why a request is refused before anybody reads it. `malformed`: it is no HTTP, or not a whole request in time. */
export type PlainRefusal = "full" | "draining" | "rate" | "oversize" | "malformed" | "failed";

export type PlainServerOptions = {
  readonly limits: HttpLimits;
  /** Without it: plain HTTP. */
  readonly tls?: TlsPem | undefined;
  /** What answers a request by its first lines alone: its body is not read, and the connection ends. Undefined: it goes on. */
  readonly turnAway?: (request: Omit<PlainRequest, "body">) => PlainAnswer | undefined;
  readonly answer: (request: PlainRequest) => Promise<PlainAnswer>;
  /** Without `headers`: none were read. `retryAfter`: seconds. */
  readonly refuse: (why: PlainRefusal, about: { readonly headers?: IncomingHttpHeaders; readonly retryAfter: number }) => PlainAnswer;
  /** What `answer` threw. It may hold anything: redact it before it is logged. */
  readonly onFailure?: (error: unknown) => void;
  readonly now?: () => number;
};

/** A server whose protocol is somebody else's: the same limits as `createHttpServer`, and every byte of an answer from outside. */
export type PlainServer = {
  /** Listens and returns the base URL. Throws Node's error: EADDRINUSE, EACCES, EADDRNOTAVAIL. */
  readonly listen: () => Promise<string>;
  /** Refuses every further request. */
  readonly drain: () => void;
  /** Waits for requests that are being answered, 5 seconds at most, then closes all connections. */
  readonly close: () => Promise<void>;
};

/** Seconds after which a client that met a full server should come back. */
const RETRY_AFTER = 5;

export const createPlainServer = (options: PlainServerOptions): PlainServer => {
  const { limits, tls, refuse } = options;
  const settings = {
    headersTimeout: Math.min(HEADERS_TIMEOUT, limits.requestTimeoutMilliseconds), // Node takes no longer one
    requestTimeout: limits.requestTimeoutMilliseconds,
    keepAliveTimeout: HEADERS_TIMEOUT,
    connectionsCheckingInterval: CHECK_INTERVAL,
  };
  const server: Server =
    tls === undefined ? createServer(settings) : createTlsServer({ ...settings, ...tls, handshakeTimeout: HEADERS_TIMEOUT });
  const connections = limitConnections(server, {
    maxConnections: limits.maxConnections,
    maxPerAddress: limits.trustProxy === true ? undefined : (limits.maxConnectionsPerAddress ?? DEFAULT_PER_ADDRESS),
  });
  const rate = createRateLimit({
    perMinute: limits.requestsPerMinute ?? DEFAULT_REQUESTS_PER_MINUTE,
    most: RATE_CACHE,
    now: options.now ?? Date.now,
  });
  server.setTimeout(limits.requestTimeoutMilliseconds);
  let isDraining = false;

  /** Before the body is read. */
  const refusalOf = (
    request: IncomingMessage,
    address: string,
  ): { readonly why: PlainRefusal; readonly retryAfter: number } | undefined => {
    if (isDraining) return { why: "draining", retryAfter: RETRY_AFTER };
    if (connections.kindOf(request.socket) === "health") return { why: "full", retryAfter: RETRY_AFTER };
    const retryAfter = rate.take(address);
    if (retryAfter > 0) return { why: "rate", retryAfter };
    return Number(request.headers["content-length"] ?? 0) > limits.bodyLimitBytes ? { why: "oversize", retryAfter: 0 } : undefined;
  };

  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", url: target = "", headers } = request;
    const address = addressGroupOf(senderOf(request, limits.trustProxy === true));
    const refusal = refusalOf(request, address);
    if (refusal !== undefined) return send(response, refuse(refusal.why, { headers, retryAfter: refusal.retryAfter }), { isLast: true });
    const turnedAway = options.turnAway?.({ method, target, headers, address });
    if (turnedAway !== undefined) return send(response, turnedAway, { isLast: true });
    const body = await readBody(request, limits.bodyLimitBytes);
    if (body === "cut") return; // whoever sent it is gone
    if (body === "oversize") return send(response, refuse("oversize", { headers, retryAfter: 0 }), { isLast: true });
    try {
      send(response, await options.answer({ method, target, headers, address, body }), { isLast: isDraining });
    } catch (error) {
      options.onFailure?.(error);
      send(response, refuse("failed", { headers, retryAfter: 0 }), { isLast: true });
    }
  };

  server.on("request", (request, response) => void answerTo(request, response));
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.write(textOf(refuse("malformed", { retryAfter: 0 })));
    (socket as Socket).destroySoon(); // safe: an HTTP server has no other connections. And not when the other side closes, too
  });
  return {
    listen: async () => {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host: limits.host, port: limits.port }, () => {
          server.off("error", reject);
          resolve();
        });
      });
      const { port } = server.address() as AddressInfo; // safe: a TCP server that listens has this kind of address
      const host = limits.host.includes(":") ? `[${limits.host}]` : limits.host;
      return `${tls === undefined ? "http" : "https"}://${host}:${port}`;
    },
    drain: () => {
      isDraining = true;
    },
    close: async () => {
      isDraining = true;
      await closeServerSoon(server, () => new Promise<void>((resolve) => server.close(() => resolve())));
    },
  };
};

/** The proxy's own entry, which is the last: what stands before it in X-Forwarded-For is the sender's. */
const senderOf = (request: IncomingMessage, trustProxy: boolean): string => {
  const forwarded = trustProxy ? String(request.headers["x-forwarded-for"] ?? "") : "";
  return forwarded.split(",").at(-1)?.trim() || (request.socket.remoteAddress ?? "");
};

const readBody = (request: IncomingMessage, limit: number): Promise<Uint8Array | "oversize" | "cut"> =>
  new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    request.on("data", (part: Buffer) => {
      length += part.length;
      if (length <= limit) parts.push(part);
      else {
        request.pause();
        resolve("oversize");
      }
    });
    request.on("end", () => resolve(new Uint8Array(Buffer.concat(parts))));
    request.on("error", () => resolve("cut"));
    request.on("close", () => resolve("cut"));
  });

const send = (
  response: ServerResponse,
  { status, headers = {}, body = "" }: PlainAnswer,
  { isLast }: { readonly isLast: boolean },
): void => {
  if (response.destroyed) return;
  const length = status === 204 ? {} : { "content-length": String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...headers, ...length, ...(isLast ? { connection: "close" } : {}) });
  response.end(body);
};

/** An answer to what is no request. */
const textOf = ({ status, headers = {}, body = "" }: PlainAnswer): string => {
  const all = { ...headers, "content-length": String(Buffer.byteLength(body)), connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}\r\n${lines.join("")}\r\n${body}`;
};

const REASONS: Readonly<Record<number, string>> = { 400: "Bad Request" };
