import type { KeeperRoute } from "../http/httpServer.ts";
import type { Metrics } from "./metrics.ts";
import type { Notice, Readiness } from "./readiness.ts";

const HEALTH = { config: { isHealth: true, rateLimit: false as const } };

/** `/livez`: this process turns. `/readyz`: it serves, or why not, and what else should be known. Neither depends on other keepers. */
export const healthRoutes =
  (readiness: Readiness, notices: () => readonly Notice[] = () => []): KeeperRoute =>
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
  (metrics: Metrics, refresh: () => Promise<void> = () => Promise.resolve()): KeeperRoute =>
  (server) => {
    server.get("/metrics", HEALTH, async (_request, reply) => {
      await refresh();
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    });
  };
