import { rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describeError, type Logger, listenFailure, type OperatorError, readTls } from "@keyquorum/daemon";
import { createHttpServer, type HttpRoute, type HttpServer, healthRoutes, metricsRoute } from "@keyquorum/http";
import { KeyquorumError, type RunnerDomain } from "@keyquorum/wire";
import { runModule } from "../moduleRun.ts";
import { createRunner, type Runner } from "../run/createRunner.ts";
import { createCallerRates } from "./callerRates.ts";
import type { CheckOptions } from "./checkRequest.ts";
import type { ServiceConfig } from "./config.ts";
import { openRunnerKey } from "./identity.ts";
import { createServiceMetrics } from "./metrics.ts";
import { type OpenChain, openChain } from "./openChain.ts";
import { ServiceError } from "./runnerError.ts";
import { createRunQueue } from "./runQueue.ts";
import { runRoutes } from "./runRoutes.ts";
import { createRunService, failureOf } from "./runService.ts";
import { openRunsFile } from "./runsFile.ts";
import { limitsBelow, readServedModules } from "./servedModules.ts";

/** One service: `start` it once, `stop` it once. */
export type RunnerService = {
  /** Resolves when it listens. */
  readonly start: () => Promise<string>;
  /** Takes nothing more, waits for what runs, closes everything. */
  readonly stop: () => Promise<void>;
  readonly ended: Promise<OperatorError | undefined>;
};

export type ServiceOptions = {
  readonly log: Logger;
  readonly droppedLogLines?: () => number;
  /** For tests: in the place of the chain that the configuration names. */
  readonly chain?: OpenChain;
};

const { version } = createRequire(import.meta.url)("../../package.json") as { readonly version: string };
export const SERVICE_VERSION = version;

/** Between two looks for what is too old, and for modules that a store did not give. */
const LOOK_MILLISECONDS = 30_000;
/** An answer leaves so long before the server's own time for a request is over. */
const WAIT_MARGIN_MILLISECONDS = 5_000;
const DAY_MILLISECONDS = 86_400_000;

/** Where the running service listens, for `status`. */
export const urlFileOf = ({ dataDirectory }: Pick<ServiceConfig, "dataDirectory">): string => join(dataDirectory, "url");

/**
 * Composes the service. Throws what an operator has to mend: OperatorError of configuration, key, data and modules, RUNNER_UNSUPPORTED.
 */
export const createService = async (config: ServiceConfig, options: ServiceOptions): Promise<RunnerService> => {
  const { log, droppedLogLines = () => 0 } = options;
  const opened: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    // Beside the key, which takes its time: the machine's limits, and the first child.
    const making = createRunner({ limits: limitsBelow(config.limits), spare: config.runs.spare, without: config.without });
    opened.push(() =>
      making.then(
        (made) => made.close(),
        () => undefined,
      ),
    );
    making.catch(() => undefined); // it is said below
    const { wallet, runner: address } = await openRunnerKey(config);
    const chain = options.chain ?? (await openChain(config, wallet));
    opened.push(() => chain.close());
    const domain: RunnerDomain = { chainId: BigInt(config.chain.chainId), runner: address };
    const runs = openRunsFile(config.dataDirectory, domain);
    opened.push(() => runs.close());
    const modules = await readServedModules({ config, blobs: async () => chain.blobs, log });
    const runner: Runner = await making;

    const reasons = (): readonly string[] => [
      ...(isStarted ? [] : ["starting"]),
      ...(isDraining ? ["draining"] : []),
      ...(modules.missing().length > 0 ? ["modules_missing"] : []),
      ...(isChainAway ? ["chain_unreachable"] : []),
      ...(unwritten() > 0 ? ["disk"] : []),
    ];
    let [isStarted, isDraining, isChainAway] = [false, false, false];
    let unwritten = (): number => 0; // until the service is there
    const ended = Promise.withResolvers<OperatorError | undefined>();
    const queue = createRunQueue(config.runs);
    const metrics = createServiceMetrics({
      ...{ version, running: queue.running, waiting: queue.waiting, ready: () => reasons().length === 0, droppedLogLines },
    });
    const check: CheckOptions = {
      ...{ domain, modules, now: Date.now, callers: new Set(config.callers), keepOutput: config.records.keepOutput },
      ...{ maxStdinBytes: config.runs.maxStdinBytes, maxDeadlineSeconds: config.runs.maxDeadlineSeconds },
    };
    const { privateHosts, ...caps } = config.egress;
    const service = createRunService({
      ...{ check, runs, queue, log },
      rates: createCallerRates({ perMinute: config.runs.perCallerPerMinute, now: () => performance.now() }),
      perform: ({ id, manifest, module, stdin }, signal) =>
        runModule({ ...{ runner, manifest, module, stdin, signal, identity: chain.identity, run: id }, egress: { privateHosts, caps } }),
      onAccepted: () => metrics.accepted.inc(),
      onOver: ({ outcome, cpuMs, wallMs, secrets }) => {
        metrics.over.inc({ outcome });
        metrics.cpu.inc(cpuMs / 1000);
        metrics.wall.observe(wallMs / 1000);
        metrics.secrets.inc(secrets);
      },
    });
    unwritten = service.unwritten;
    const describe = (): object => ({
      ...{ software: `keyquorum-runner ${version}`, chainId: config.chain.chainId, runner: address },
      ...{ ready: reasons().length === 0, reasons: reasons(), running: queue.running(), waiting: queue.waiting() },
      limits: runner.limitsInForce.map(({ name, isInForce }) => ({ name, isInForce })),
    });
    const ownMetrics = metricsRoute(metrics.registry);
    const http = await serverOf(config, {
      ...{ log, metrics },
      routes: [
        runRoutes({
          ...{ service, check, describe, maxStdinBytes: config.runs.maxStdinBytes },
          maxWaitMs: Math.max(0, config.http.requestTimeoutMilliseconds - WAIT_MARGIN_MILLISECONDS),
          onRefused: (code) => metrics.refused.inc({ code }),
        }),
        healthRoutes({ reasons }),
        ...(config.metrics.port === undefined ? [ownMetrics] : []),
      ],
    });
    const metricsHttp =
      config.metrics.port === undefined
        ? undefined
        : await serverOf(
            {
              ...config,
              http: { ...config.http, tls: undefined, trustProxy: false, host: config.metrics.host, port: config.metrics.port },
            },
            { log, metrics, routes: [ownMetrics, healthRoutes({ reasons })] },
          );
    const stopping = new AbortController();
    let looking: NodeJS.Timeout | undefined;
    let writing: Promise<void> | undefined;
    const look = (): void => {
      service.keepEnds();
      try {
        const now = Date.now();
        const { keepDays, perCaller, outputBytesPerCaller } = config.records;
        runs.prune({ endedBefore: now - keepDays * DAY_MILLISECONDS, perCaller, outputBytesPerCaller, now });
      } catch (error) {
        log.error("Old runs cannot be forgotten", describeError(error));
      }
      void modules.loadMissing(stopping.signal);
      lookAtChain().catch((error: unknown) => ended.resolve(error as OperatorError)); // it rejects with nothing else
    };
    /** Throws ServiceError WRONG_CHAIN. A chain that is away is a reason not to be ready; runs with secrets wait for it. */
    const lookAtChain = async (): Promise<void> => {
      try {
        await chain.assertOwnChain();
        isChainAway = false;
      } catch (error) {
        if (error instanceof ServiceError) throw error;
        if (!isChainAway) log.warn("The chain cannot be asked; runs with secrets wait for it", describeError(error));
        isChainAway = true;
      }
    };

    return {
      ended: ended.promise,
      start: async () => {
        const left = runs.interrupt(failureOf(new KeyquorumError("RUN_INTERRUPTED")));
        if (left > 0) log.warn("Runs of an earlier process were not over; their callers are told so", { runs: left });
        for (const { name, isInForce, how } of runner.limitsInForce) log[isInForce ? "info" : "warn"](`Limit ${name}`, { isInForce, how });
        for (const { hash, manifest } of modules.all())
          log.info("Module served", { module: hash, cid: manifest.module.cid, secrets: manifest.secrets.length });
        await rm(urlFileOf(config), { force: true }); // of a process that was killed
        await lookAtChain();
        if (isDraining) return "";
        const url = await http.listen();
        await metricsHttp?.listen();
        if (isDraining) return url; // it was stopped meanwhile, and nothing of it may stay
        writing = writeFile(urlFileOf(config), `${url}\n`, { mode: 0o600 });
        await writing;
        if (isDraining) return url;
        isStarted = true;
        look();
        looking = setInterval(look, LOOK_MILLISECONDS);
        log.info("Runner is listening", { url, runner: address, chainId: config.chain.chainId, callers: config.callers.length });
        return url;
      },
      stop: async () => {
        if (isDraining) return;
        isDraining = true;
        stopping.abort();
        clearInterval(looking);
        http.drain();
        await service.drain();
        await http.close();
        await metricsHttp?.close();
        await writing?.catch(() => undefined); // `start` says so
        await rm(urlFileOf(config), { force: true });
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
};

const serverOf = async (
  { http }: Pick<ServiceConfig, "http" | "runs">,
  options: {
    readonly log: Logger;
    readonly metrics: Pick<ReturnType<typeof createServiceMetrics>, "http">;
    readonly routes: readonly HttpRoute[];
  },
): Promise<HttpServer> => {
  const { log, metrics, routes } = options;
  const { tls, ...limits } = http;
  const server = await createHttpServer({
    limits: { ...limits, bodyLimitBytes: 16_384, corsOrigins: [] },
    tls: tls === undefined ? undefined : await readTls(tls),
    routes,
    onAnswered: ({ route, status, seconds }) => metrics.http.observe({ route, status: String(status) }, seconds),
    onFailure: ({ route, error }) => log.error("A request failed unexpectedly", { route, ...describeError(error) }),
  });
  return {
    ...server,
    listen: () =>
      server.listen().catch((cause: unknown) => {
        throw listenFailure(cause, { ...limits, whose: "runner" });
      }),
  };
};
