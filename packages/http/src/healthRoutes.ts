import type { HttpRoute } from "./httpServer.ts";

const HEALTH = { config: { isHealth: true, rateLimit: false as const } };

/**
 * `/livez`: this process turns. `/readyz`: it serves, or why not, and what else should be known. Both are answered to anybody, also when the server
 * is full or drains.
 * @param readiness.reasons stable public words; none: it serves
 */
export const healthRoutes =
  (readiness: { readonly reasons: () => readonly string[] }, notices: () => readonly object[] = () => []): HttpRoute =>
  (server) => {
    server.get("/livez", HEALTH, (_request, reply) => reply.send({ status: "live" }));
    server.get("/readyz", HEALTH, (_request, reply) => {
      const reasons = readiness.reasons();
      const isReady = reasons.length === 0;
      return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ready" : "not ready", reasons, notices: notices() });
    });
  };

/** `/metrics`, for Prometheus. `refresh` brings figures up to date that are read rather than counted. */
export const metricsRoute =
  (
    registry: { readonly contentType: string; readonly metrics: () => Promise<string> },
    refresh: () => Promise<void> = () => Promise.resolve(),
  ): HttpRoute =>
  (server) => {
    server.get("/metrics", HEALTH, async (_request, reply) => {
      await refresh();
      return reply.type(registry.contentType).send(await registry.metrics());
    });
  };
