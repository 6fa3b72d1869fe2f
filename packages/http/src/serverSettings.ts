import type { Server } from "node:http";
import type { FastifyHttpOptions, FastifyReply } from "fastify";
import { errorReply, errorReplyOf } from "./errorReply.ts";
import type { HttpLimits, TlsPem } from "./httpLimits.ts";

/** Milliseconds: for the headers of a request, between two requests, and for a TLS handshake. */
export const HEADERS_TIMEOUT = 5_000;
/** Milliseconds between two looks at connections that are late. */
export const CHECK_INTERVAL = 1_000;

/** Fastify's settings: what a request may be, and what is said before a route knows of it. */
export const serverSettings = (limits: HttpLimits, tls: TlsPem | undefined): FastifyHttpOptions<Server> => {
  const settings: FastifyHttpOptions<Server> = {
    bodyLimit: limits.bodyLimitBytes,
    requestTimeout: limits.requestTimeoutMilliseconds,
    connectionTimeout: limits.requestTimeoutMilliseconds,
    keepAliveTimeout: HEADERS_TIMEOUT,
    // The proxy's own entry, which is the last: what stands before it in X-Forwarded-For is the sender's.
    trustProxy: limits.trustProxy === true && ((_address, hop) => hop === 0),
    return503OnClosing: false,
    routerOptions: { maxParamLength: 128 },
    // No logger: Fastify's own lines repeat URLs and headers of strangers.
    // Its default for ajv strips unknown fields silently.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: false } },
    http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: CHECK_INTERVAL },
    frameworkErrors: (error, _request, reply) => {
      const { status, body } = errorReplyOf(error);
      void (reply as FastifyReply).code(status).send(body); // safe: no schema narrows this reply
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
  // safe: the listeners of both kinds of server are used alike
  return tls === undefined
    ? settings
    : ({ ...settings, https: { ...tls, handshakeTimeout: HEADERS_TIMEOUT } } as FastifyHttpOptions<Server>);
};
