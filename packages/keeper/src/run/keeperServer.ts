import { listenFailure, readTls } from "@keyquorum/daemon";
import { createHttpServer, type HttpLimits, type HttpRoute, type HttpServer } from "@keyquorum/http";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";

/**
 * An HTTP server of a keeper: its limits and TLS files from the configuration, what happens in its log and metrics.
 * Throws OperatorError SECRET_FILE_*; `listen` throws OperatorError PORT_IN_USE.
 */
export const createKeeperServer = async (options: {
  readonly http: HttpLimits & Pick<Partial<KeeperConfig["http"]>, "tls">;
  readonly routes: readonly HttpRoute[];
  readonly log: Pick<Logger, "error">;
  readonly metrics: Pick<Metrics, "httpDuration">;
}): Promise<HttpServer> => {
  const { routes, log, metrics } = options;
  const { tls, ...limits } = options.http;
  const http = await createHttpServer({
    limits,
    tls: tls === undefined ? undefined : await readTls(tls),
    routes,
    onAnswered: ({ route, status, seconds }) => metrics.httpDuration.observe({ route, status: String(status) }, seconds),
    onFailure: ({ route, error }) => log.error("A request failed unexpectedly", { route, ...describeError(error) }),
  });
  return {
    ...http,
    listen: async () => {
      try {
        return await http.listen();
      } catch (cause) {
        throw listenFailure(cause, { ...limits, whose: "keeper" });
      }
    },
  };
};
