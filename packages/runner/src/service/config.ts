import { dirname, isAbsolute, join, resolve } from "node:path";
import { type AccountKeySource, parseTomlConfig, readConfigText } from "@keyquorum/daemon";
import { type Address, parseAddress } from "@keyquorum/wire";
import { z } from "zod";
import { DEFAULT_EGRESS_CAPS, type EgressCaps } from "../host/createEgress.ts";
import { OPTIONAL_LIMITS } from "../run/launch.ts";
import { DEFAULT_LIMITS, type RunLimits } from "../run/limits.ts";

const text = z.string().min(1, "must not be empty");
const port = z.int().min(0).max(65_535);
const count = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);
const httpUrl = text.refine((url) => /^https?:\/\//.test(url) && URL.canParse(url), "must be a URL that starts with http:// or https://");
const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "must be an address: 0x and 40 hex digits")
  .transform((written) => parseAddress(written.toLowerCase()));
const hostAndPort = text
  .regex(/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):[0-9]{1,5}$/, "must be host:port, in small letters")
  .transform((host) => host.replace(/^\[(.*)\]/, "$1")); // as hosts of URLs are compared

const chain = z.strictObject({
  rpcUrls: z.array(httpUrl).min(1, "must name at least one RPC URL"),
  chainId: z.int().positive(),
  deployment: text,
  /** Blocks after which one is final; undefined: as the deployment or the chain says. */
  confirmations: count(0, 10_000).optional(),
  /** Keepers at addresses of a private network. Undefined: on local chains only. */
  allowPrivateEndpoints: z.boolean().optional(),
});
const key = z.strictObject({ keystoreFile: text, passphraseFile: text });
const blobs = z.strictObject({ directory: text.default("blobs"), gateways: z.array(httpUrl).default([]) });

/** What a caller waits for an answer is shorter than this. */
const REQUEST_TIMEOUT = 30_000;
const http = z.strictObject({
  host: text.default("127.0.0.1"),
  port: port.default(8720),
  tls: z.strictObject({ certificateFile: text, keyFile: text }).optional(),
  trustProxy: z.boolean().default(false),
  requestTimeoutMilliseconds: count(1_000, 300_000).default(REQUEST_TIMEOUT),
  requestsPerMinute: count(1, 1_000_000).default(600),
  maxConnections: count(1, 100_000).default(1_000),
  maxConnectionsPerAddress: count(1, 100_000).default(250),
});
const metrics = z.strictObject({ host: text.default("127.0.0.1"), port: port.optional() });

const MiB = 1024 * 1024;
const runs = z.strictObject({
  /** At once. */
  concurrency: count(1, 64).default(2),
  /** That wait, of all callers. */
  queue: count(1, 10_000).default(32),
  /** Waiting and running, of one caller. */
  perCaller: count(1, 10_000).default(8),
  perCallerPerMinute: count(1, 100_000).default(120),
  /** Children that are started ahead. */
  spare: count(0, 16).default(1),
  maxStdinBytes: count(0, 32 * MiB).default(MiB),
  maxDeadlineSeconds: count(1, 600).default(600),
});

const figures = <T extends Readonly<Record<string, number>>>(defaults: T) =>
  z.strictObject(
    Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, z.int().min(1).default(value)])) as {
      [Name in keyof T]: z.ZodDefault<z.ZodInt>; // the names of `defaults`
    },
  );

const egress = figures({ ...DEFAULT_EGRESS_CAPS }).extend({ privateHosts: z.array(hostAndPort).default([]) });

const records = z.strictObject({
  keepDays: count(1, 3_650).default(7),
  /** The newest of each caller. */
  perCaller: count(1, 100_000).default(1_000),
  /** Whether callers may have outputs kept. */
  keepOutput: z.boolean().default(false),
  /** Of outputs that are kept, of each caller. */
  outputBytesPerCaller: count(0, Number.MAX_SAFE_INTEGER).default(64 * MiB),
});

/** What of a run a caller may choose: behind the manifest's arguments, standard input, limits below the operator's. */
export const CALLER_PARTS = ["args", "stdin", "limits"] as const;
export type CallerPart = (typeof CALLER_PARTS)[number];

const served = z.strictObject({
  manifest: text,
  /** Default: each caller. */
  callers: z.array(address).optional(),
  callerMay: z.array(z.enum(CALLER_PARTS)).default([]),
});
const log = z.strictObject({ level: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info") });

/** The configuration file. Unknown keys are errors: a typing mistake must not become a default. */
export const serviceSchema = z.strictObject({
  dataDirectory: text,
  chain,
  key,
  blobs: blobs.prefault({}),
  http: http.prefault({}),
  metrics: metrics.prefault({}),
  runs: runs.prefault({}),
  /** The most that any run may have. */
  limits: figures({ ...DEFAULT_LIMITS })
    .extend({ fuel: z.int().min(1).optional() })
    .prefault({}),
  egress: egress.prefault({}),
  records: records.prefault({}),
  /** Limits of this machine that are done without. */
  without: z.array(z.enum(OPTIONAL_LIMITS)).default([]),
  callers: z.array(address).max(10_000).default([]),
  modules: z.array(served).max(256).default([]),
  log: log.prefault({}),
});

type Parsed = z.output<typeof serviceSchema>;

/** A module that the service runs, as the operator lists it. */
export type ServedEntry = {
  readonly manifest: string;
  readonly callers?: readonly Address[] | undefined;
  readonly callerMay: readonly CallerPart[];
};

/** A checked configuration. Paths are absolute; nothing in it is secret but the paths and queries of RPC URLs. */
export type ServiceConfig = Omit<Parsed, "key" | "modules" | "limits" | "egress"> & {
  readonly key: AccountKeySource & { readonly kind: "keystore" };
  readonly modules: readonly ServedEntry[];
  readonly limits: RunLimits;
  readonly egress: EgressCaps & { readonly privateHosts: readonly string[] };
};

/**
 * Reads a configuration. Throws OperatorError CONFIG_INVALID.
 * @param directory where relative paths start: the folder of the configuration file
 */
export const parseServiceConfig = (toml: string, directory: string): ServiceConfig => {
  const data = parseTomlConfig(serviceSchema, toml);
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(directory, path));
  const { tls } = data.http;
  const { fuel, ...limits } = data.limits;
  return {
    ...data,
    dataDirectory: absolute(data.dataDirectory),
    limits: { ...limits, ...(fuel === undefined ? {} : { fuel }) },
    chain: { ...data.chain, deployment: absolute(data.chain.deployment) },
    key: { kind: "keystore", keystoreFile: absolute(data.key.keystoreFile), passphraseFile: absolute(data.key.passphraseFile) },
    blobs: { ...data.blobs, directory: absolute(data.blobs.directory) },
    http: {
      ...data.http,
      ...(tls === undefined ? {} : { tls: { certificateFile: absolute(tls.certificateFile), keyFile: absolute(tls.keyFile) } }),
    },
    modules: data.modules.map((entry) => ({ ...entry, manifest: absolute(entry.manifest) })),
  };
};

/** Reads a configuration file. Throws OperatorError CONFIG_UNREADABLE, CONFIG_INVALID. */
export const readServiceConfig = async (path: string): Promise<ServiceConfig> => {
  const file = resolve(path);
  return parseServiceConfig(await readConfigText(file, "packages/runner/runner.example.toml"), dirname(file));
};
