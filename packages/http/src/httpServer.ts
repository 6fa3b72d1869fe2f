import type { AddressInfo } from "node:net";
import rateLimit from "@fastify/rate-limit";
import { KeyquorumError } from "@keyquorum/wire";
import { type FastifyInstance, fastify } from "fastify";
import { closeServerSoon } from "./closeSoon.ts";
import { addressGroupOf, limitConnections } from "./connectionLimits.ts";
import { errorReply, errorReplyOf } from "./errorReply.ts";
import { DEFAULT_PER_ADDRESS, DEFAULT_REQUESTS_PER_MINUTE, type HttpLimits, RATE_CACHE, type TlsPem } from "./httpLimits.ts";
import { serverSettings } from "./serverSettings.ts";
import { guardFromWebPages } from "./webPages.ts";

/** Adds routes to a server: a Fastify plugin. */
export type HttpRoute = (server: FastifyInstance) => void | Promise<void>;

export type HttpServerOptions = {
  readonly limits: HttpLimits;
  /** Without it: plain HTTP. */
  readonly tls?: TlsPem | undefined;
  readonly routes: readonly HttpRoute[];
  /** Each answer that left. `route` is a template, or "none"; never what a stranger wrote. */
  readonly onAnswered?: (answer: { readonly route: string; readonly status: number; readonly seconds: number }) => void;
  /** An error that no route expected. Its sender is told INTERNAL and nothing else. The error may hold anything: redact it before it is logged. */
  readonly onFailure?: (failure: { readonly route: string; readonly error: unknown }) => void;
};

export type HttpServer = {
  /** Listens and returns the base URL. Throws Node's error: EADDRINUSE, EACCES, EADDRNOTAVAIL. */
  readonly listen: () => Promise<string>;
  /** Answers every further request with SHUTTING_DOWN, but health checks and routes that say `answersDraining`. */
  readonly drain: () => void;
  /** Waits for requests that are being answered, 5 seconds at most, then closes all connections. */
  readonly close: () => Promise<void>;
  readonly server: FastifyInstance;
};

/** Seconds after which a client that met a full server should come back. */
const RETRY_AFTER = 5;

/** A server with limits on everything that a stranger decides, whose every answer is JSON of the protocol. Routes are added by plugins. */
export const createHttpServer = async (options: HttpServerOptions): Promise<HttpServer> => {
  const { limits, tls } = options;
  const server: FastifyInstance = fastify(serverSettings(limits, tls));
  server.removeContentTypeParser("text/plain"); // JSON only: a type that any web page may send without a preflight is refused
  const connections = limitConnections(server.server, {
    maxConnections: limits.maxConnections,
    maxPerAddress: limits.trustProxy === true ? undefined : (limits.maxConnectionsPerAddress ?? DEFAULT_PER_ADDRESS),
  });
  let isDraining = false;

  answerErrors(server, options.onFailure);
  server.addHook("onRequest", (request, reply, done) => {
    const { isHealth = false, answersDraining = false } = request.routeOptions.config;
    const isSpare = connections.kindOf(request.raw.socket) === "health";
    if (isSpare) reply.header("connection", "close");
    if (isHealth || !(isSpare || (isDraining && !answersDraining))) return done();
    const { status, body } = isDraining
      ? errorReply("SHUTTING_DOWN")
      : errorReply("RATE_LIMITED", "Too many connections are open.", { retryAfterSeconds: RETRY_AFTER });
    if (!isDraining) reply.header("retry-after", RETRY_AFTER);
    void reply.code(status).header("connection", "close").send(body);
  });
  server.addHook("onResponse", (request, reply, done) => {
    options.onAnswered?.({ route: request.routeOptions.url ?? "none", status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
    done();
  });
  await guardFromWebPages(server, limits.corsOrigins);
  await server.register(rateLimit, {
    max: limits.requestsPerMinute ?? DEFAULT_REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    cache: RATE_CACHE,
    keyGenerator: ({ ip }) => addressGroupOf(ip),
    errorResponseBuilder: () => Object.assign(new Error("rate limited"), { statusCode: 429 }),
  });
  server.setNotFoundHandler((_request, reply) => {
    const { status, body } = errorReply("NOT_FOUND");
    return reply.code(status).send(body);
  });
  for (const route of options.routes) await server.register(async (scope) => route(scope));

  return {
    server,
    listen: async () => {
      await server.listen({ host: limits.host, port: limits.port });
      // A TCP server that listens has this kind of address.
      const { port } = server.server.address() as AddressInfo;
      const host = limits.host.includes(":") ? `[${limits.host}]` : limits.host;
      return `${tls === undefined ? "http" : "https"}://${host}:${port}`;
    },
    drain: () => {
      isDraining = true;
    },
    close: async () => {
      isDraining = true;
      await closeServerSoon(server.server, () => server.close());
    },
  };
};

const answerErrors = (server: FastifyInstance, onFailure: HttpServerOptions["onFailure"]): void => {
  server.setErrorHandler((error, request, reply) => {
    const { status, body } = errorReplyOf(error);
    if (body.code === "INTERNAL" && !(error instanceof KeyquorumError)) onFailure?.({ route: request.routeOptions.url ?? "none", error });
    const { retryAfterSeconds } = body.details;
    if (typeof retryAfterSeconds === "number") reply.header("retry-after", retryAfterSeconds);
    return reply.code(status).send(body);
  });
};

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answered also when the server is full or drains. */
    isHealth?: boolean;
    /** Answered also while the server drains, until it closes. */
    answersDraining?: boolean;
  }
}
