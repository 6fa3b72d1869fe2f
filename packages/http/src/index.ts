export { type ErrorReply, errorReply, errorReplyOf } from "./errorReply.ts";
export { healthRoutes, metricsRoute } from "./healthRoutes.ts";
export type { HttpLimits, TlsPem } from "./httpLimits.ts";
export { createHttpServer, type HttpRoute, type HttpServer, type HttpServerOptions } from "./httpServer.ts";
