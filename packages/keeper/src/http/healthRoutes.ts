import type { Metrics } from "../metrics.ts";
import type { Readiness } from "../readiness.ts";
import type { KeeperRoute } from "./httpServer.ts";

const HEALTH = { config: { isHealth: true, rateLimit: false as const } };

/** `/livez`: this process turns. `/readyz`: it serves, or why not. Neither depends on other keepers. */
export const healthRoutes =
  (readiness: Readiness): KeeperRoute =>
  (server) => {
    server.get("/livez", HEALTH, (_request, reply) => reply.send({ status: "live" }));
    server.get("/readyz", HEALTH, (_request, reply) => {
      const reasons = readiness.reasons();
      return reply.code(reasons.length === 0 ? 200 : 503).send({ status: reasons.length === 0 ? "ready" : "not ready", reasons });
    });
  };

/** `/metrics`, for Prometheus. `refresh` brings figures up to date that are read rather than counted. */
export const metricsRoute =
  (metrics: Metrics, refresh: () => Promise<void> = () => Promise.resolve()): KeeperRoute =>
  (server) => {
    server.get("/metrics", HEALTH, async (_request, reply) => {
      await refresh();
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    });
  };
