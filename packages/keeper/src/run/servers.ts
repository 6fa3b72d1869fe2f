import type { HttpRoute, HttpServer } from "@keyquorum/http";
import type { Core } from "./core.ts";
import { KeeperError } from "./errors.ts";
import { createKeeperServer } from "./keeperServer.ts";

/** A keeper's servers: of everything, and of the figures where the configuration gives these a port of their own. */
export type Servers = { readonly http: HttpServer; readonly metricsHttp: HttpServer | undefined };

/** Throws KeeperError EXTENSION_INVALID where two stories claim one route. */
export const createServers = async (
  { config, log, metrics }: Core,
  { routes, apart }: { readonly routes: readonly HttpRoute[]; readonly apart: readonly HttpRoute[] },
): Promise<Servers> => {
  const http = await createKeeperServer({ http: config.http, routes, log, metrics }).catch((cause: unknown) => {
    throw isDuplicate(cause) ? routeTaken(cause) : cause;
  });
  const { host, port } = config.metrics;
  if (port === undefined) return { http, metricsHttp: undefined };
  const own = { ...config.http, tls: undefined, trustProxy: false, host, port };
  return { http, metricsHttp: await createKeeperServer({ http: own, routes: apart, log, metrics }) };
};

const isDuplicate = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && error.code === "FST_ERR_DUPLICATED_ROUTE";

const routeTaken = (cause: Error): KeeperError =>
  new KeeperError(
    "EXTENSION_INVALID",
    `Two parts of this keeper claim one route. Load one of them only. (${cause.message})`,
    {},
    { cause },
  );
