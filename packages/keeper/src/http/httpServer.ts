import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import { KeyquorumError } from "@keyquorum/wire";
import { type FastifyHttpOptions, type FastifyInstance, type FastifyReply, fastify } from "fastify";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { readTls } from "../config/readTls.ts";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import { KeeperError } from "../run/errors.ts";
import { limitConnections } from "./connectionLimits.ts";
import { errorReply, errorReplyOf } from "./errorBody.ts";

/** Adds routes to a server: a Fastify plugin. */
export type KeeperRoute = (server: FastifyInstance) => void | Promise<void>;

export type HttpServer = {
  /** Listens and answers with the base URL. Throws KeeperError PORT_IN_USE. */
  readonly listen: () => Promise<string>;
  /** Answers every further request but health checks with SHUTTING_DOWN. */
  readonly drain: () => void;
  /** Waits for requests that are being answered, then closes all connections. */
  readonly close: () => Promise<void>;
  readonly server: FastifyInstance;
};

type HttpOptions = Pick<KeeperConfig["http"], "host" | "port" | "bodyLimitBytes" | "requestTimeoutMilliseconds" | "maxConnections"> &
  Partial<KeeperConfig["http"]>;

const HEADERS_TIMEOUT = 5_000;
const DEFAULT_PER_ADDRESS = 250;
/** Seconds after which a client that met a full server should come back. */
const RETRY_AFTER = 5;
const CHECK_INTERVAL = 1_000;
/** What web pages may read, from the origins that the configuration names. */
const PUBLIC_ROUTES = "/v1/";
/** How long requests that are being answered may take when the server closes. */
const DRAIN_MILLISECONDS = 5_000;

/** A server with limits on everything that a stranger decides, whose every answer is JSON of the protocol. Routes are added by plugins. */
export const createHttpServer = async (options: {
  readonly http: HttpOptions;
  readonly routes: readonly KeeperRoute[];
  readonly log: Logger;
  readonly metrics: Metrics;
}): Promise<HttpServer> => {
  const { http, log, metrics } = options;
  const tls = http.tls === undefined ? undefined : await readTls(http.tls);
  const settings: FastifyHttpOptions<Server> = {
    bodyLimit: http.bodyLimitBytes,
    requestTimeout: http.requestTimeoutMilliseconds,
    connectionTimeout: http.requestTimeoutMilliseconds,
    keepAliveTimeout: HEADERS_TIMEOUT,
    // The proxy's own word, which is the last: what stands before it in X-Forwarded-For is the sender's.
    trustProxy: http.trustProxy === true && ((_address, hop) => hop === 0),
    return503OnClosing: false,
    routerOptions: { maxParamLength: 128 },
    // No logger: Fastify's own lines repeat URLs and headers of strangers, and the keeper logs for itself.
    // Its default for ajv strips unknown fields without a word.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: false } },
    http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: CHECK_INTERVAL },
    frameworkErrors: (error, _request, reply) => {
      const { status, body } = errorReplyOf(error);
      void (reply as FastifyReply).code(status).send(body); // true: no schema narrows this reply
    },
    clientErrorHandler: (_error, socket) => {
      const body = JSON.stringify(errorReply("INVALID_REQUEST", "This is not HTTP as this server reads it.").body);
      if (socket.writable)
        socket.write(
          `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
        );
      socket.destroySoon(); // and not when the other side closes, too
    },
  };
  const server: FastifyInstance = fastify(
    tls === undefined ? settings : ({ ...settings, https: { ...tls, handshakeTimeout: HEADERS_TIMEOUT } } as FastifyHttpOptions<Server>),
  ); // true: the listeners of both kinds of server are used alike
  server.removeContentTypeParser("text/plain"); // JSON only: a type that any web page may send without a preflight is refused
  const connections = limitConnections(server.server, {
    maxConnections: http.maxConnections,
    maxPerAddress: http.trustProxy === true ? undefined : (http.maxConnectionsPerAddress ?? DEFAULT_PER_ADDRESS),
  });
  let isDraining = false;

  server.setErrorHandler((error, request, reply) => {
    const { status, body } = errorReplyOf(error);
    if (body.code === "INTERNAL" && !(error instanceof KeyquorumError))
      log.error("A request failed unexpectedly", { route: request.routeOptions.url ?? "none", ...describeError(error) });
    const { retryAfterSeconds } = body.details;
    if (typeof retryAfterSeconds === "number") reply.header("retry-after", retryAfterSeconds);
    return reply.code(status).send(body);
  });
  server.addHook("onRequest", (request, reply, done) => {
    const isHealth = request.routeOptions.config.isHealth === true;
    const isSpare = connections.kindOf(request.raw.socket) === "health";
    if (isSpare) reply.header("connection", "close");
    if (isHealth || !(isDraining || isSpare)) return done();
    const { status, body } = isDraining
      ? errorReply("SHUTTING_DOWN")
      : errorReply("RATE_LIMITED", "Too many connections are open.", { retryAfterSeconds: RETRY_AFTER });
    if (!isDraining) reply.header("retry-after", RETRY_AFTER);
    void reply.code(status).header("connection", "close").send(body);
  });
  server.addHook("onResponse", (request, reply, done) => {
    metrics.httpDuration.observe({ route: request.routeOptions.url ?? "none", status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });

  await server.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: "cross-origin" },
  });
  const readable = {
    origin: originOf(http.corsOrigins ?? ["*"]),
    methods: ["GET", "POST"],
    allowedHeaders: ["content-type"],
    exposedHeaders: ["retry-after"],
    maxAge: 600,
  };
  // What is for the operator and the machine is for no web page.
  await server.register(cors, {
    delegator: (request, done) => done(null, request.url?.startsWith(PUBLIC_ROUTES) === true ? readable : { origin: false }),
  });
  await server.register(rateLimit, {
    max: http.requestsPerMinute ?? 600,
    timeWindow: 60_000,
    cache: 10_000,
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
      try {
        await server.listen({ host: http.host, port: http.port });
      } catch (cause) {
        throw listenFailure(cause, http);
      }
      // A TCP server that listens has this kind of address.
      const { port } = server.server.address() as AddressInfo;
      const host = http.host.includes(":") ? `[${http.host}]` : http.host;
      return `${tls === undefined ? "http" : "https"}://${host}:${port}`;
    },
    drain: () => {
      isDraining = true;
    },
    close: async () => {
      isDraining = true;
      const closed = server.close();
      server.server.closeIdleConnections();
      const tooLong = setTimeout(() => server.server.closeAllConnections(), DRAIN_MILLISECONDS);
      await closed;
      clearTimeout(tooLong);
    },
  };
};

const originOf = (origins: readonly string[]): "*" | string[] => (origins.includes("*") ? "*" : [...origins]);

const listenFailure = (cause: unknown, { host, port }: { readonly host: string; readonly port: number }): unknown => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE")
    return new KeeperError(
      "PORT_IN_USE",
      `Port ${port} at ${host} is in use. Stop the other program, or choose another [http] or [metrics] port.`,
      { host, port },
      { cause },
    );
  if (code === "EACCES" || code === "EADDRNOTAVAIL")
    return new KeeperError(
      "PORT_IN_USE",
      `The keeper cannot listen at ${host} port ${port}. Choose a host of this machine and a port above 1023.`,
      { host, port },
      { cause },
    );
  return cause;
};

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answered while the keeper stops, too. */
    isHealth?: boolean;
  }
}
