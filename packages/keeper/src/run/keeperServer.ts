import { createHttpServer, type HttpLimits, type HttpRoute, type HttpServer } from "@keyquorum/http";
import type { KeeperConfig } from "../config/parseConfig.ts";
import { readTls } from "../config/readTls.ts";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import { KeeperError } from "./errors.ts";

/**
 * An HTTP server of a keeper: its limits and TLS files from the configuration, what happens in its log and metrics.
 * Throws KeeperError SECRET_FILE_*; `listen` throws KeeperError PORT_IN_USE.
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
        throw listenFailure(cause, limits);
      }
    },
  };
};

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
