import { MAX_REQUEST_BODY_BYTES, parseAddress, parseHash32 } from "@keyquorum/wire";
import { id, isAddress } from "ethers";
import { z } from "zod";

const text = z.string().min(1, "must not be empty");
const port = z.int().min(0).max(65_535);
const count = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);

const httpUrl = text.refine((url) => /^https?:\/\//.test(url) && URL.canParse(url), "must be a URL that starts with http:// or https://");

/** Wei may be larger than a TOML integer: it is written as a string. */
const wei = z
  .union([z.string().regex(/^[0-9]{1,30}$/, 'must be a number of wei in quotes, for example "10000000000000000"'), z.int().nonnegative()])
  .transform((value) => BigInt(value));

const chainId = z
  .union([z.int().positive(), z.string().regex(/^[1-9][0-9]{0,77}$/, "must be a decimal number")])
  .transform((value) => BigInt(value));

const finality = z
  .union([z.literal("finalized"), z.strictObject({ confirmations: count(0, 10_000) })], {
    error: 'must be "finalized" or { confirmations = <number of blocks> }',
  })
  .transform((value) =>
    value === "finalized" ? ({ kind: "finalized" } as const) : ({ kind: "confirmations", blocks: value.confirmations } as const),
  );

const chain = z.strictObject({
  rpcUrls: z.array(httpUrl).min(1, "must name at least one RPC URL"),
  chainId,
  deployment: z.union([text, z.record(z.string(), z.unknown())], {
    error: "must be the path of a deployment's JSON file, or its content as a table",
  }),
  finality: finality.prefault("finalized"),
  pollIntervalMilliseconds: count(20, 600_000).default(2_000),
  headLookMilliseconds: count(0, 1_000).default(250),
  rpcTimeoutMilliseconds: count(100, 120_000).default(10_000),
  maxHeadAgeSeconds: count(1, 3_155_760_000).default(120), // a hundred years: a chain may be idle for long, and a simulated one be of another time
  maxLogRange: count(1, 100_000).default(2_000),
  stagingBlocks: count(0, 1_000).default(2),
  maxFeeGwei: count(1, 1_000_000).default(500),
});

const operator = z
  .strictObject({ keyFile: text.optional(), keystoreFile: text.optional(), passphraseFile: text.optional() })
  .refine(
    ({ keyFile, keystoreFile }) => (keyFile === undefined) !== (keystoreFile === undefined),
    "give either keyFile, or keystoreFile with passphraseFile",
  )
  .refine(
    ({ keystoreFile, passphraseFile }) => (keystoreFile === undefined) === (passphraseFile === undefined),
    "keystoreFile and passphraseFile belong together",
  );

const vault = z
  .strictObject({ passphraseFile: text.optional(), keyFile: text.optional() })
  .refine(
    ({ passphraseFile, keyFile }) => (passphraseFile === undefined) !== (keyFile === undefined),
    "give either passphraseFile or keyFile",
  );

const http = z.strictObject({
  host: text.default("127.0.0.1"),
  port: port.default(8700),
  corsOrigins: z.array(text).default(["*"]),
  tls: z.strictObject({ certificateFile: text, keyFile: text }).optional(),
  trustProxy: z.boolean().default(false),
  bodyLimitBytes: count(1_024, 1_048_576).default(MAX_REQUEST_BODY_BYTES),
  requestTimeoutMilliseconds: count(1_000, 300_000).default(15_000),
  requestsPerMinute: count(1, 1_000_000).default(600),
  maxConnections: count(1, 100_000).default(1_000),
  maxConnectionsPerAddress: count(1, 100_000).default(250),
});

const metrics = z.strictObject({ host: text.default("127.0.0.1"), port: port.optional() });

const limits = z.strictObject({
  requestsPerRequesterPerMinute: count(1, 1_000_000).default(300),
  requestsPerDocumentPerMinute: count(1, 1_000_000).default(900),
  challengeGasPerLiarPerDay: count(0, 1_000_000_000).default(1_000_000),
  answersPerRequesterPerDay: count(0, 1_000_000_000).default(1_000),
  answersPerOwnerPerDay: count(0, 1_000_000_000).default(1_000),
  answersPerDay: count(0, 1_000_000).default(5_000),
  freeAnswersPerDay: count(0, 1_000_000).default(2_500),
  balanceReserveWei: wei.prefault("10000000000000000"),
  maxDeadlineSeconds: count(1, 600).default(600),
  signaturesPerKeyPerDay: count(1, 1_000_000).default(10_000),
  /** Of one core. Undefined: as `bulk/openBulk.ts` says. */
  bulkWorkShare: z.number().min(0.05, "must be 0.05 to 1").max(1, "must be 0.05 to 1").optional(),
});

/** An operator has so long to see who is to receive its keeper's shares, and to veto it. */
const ONE_HOUR = 3_600;

const epochs = z.strictObject({
  minDelaySeconds: count(0, 31_536_000).default(ONE_HOUR),
  minThreshold: count(1, 31).optional(),
  /** Undefined: as `shares/erasureWait.ts` says. */
  eraseDelaySeconds: count(0, 31_536_000).optional(),
});

const repair = z.strictObject({
  automatic: z.boolean().default(true),
  /** Undefined: on local chains only. */
  allowPrivateEndpoints: z.boolean().optional(),
});

const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`), `must be 0x and ${bytes} bytes of hex`);

/** Their calls run what the caller names: an initializer by delegatecall, or a callback. */
const SAFE_SELECTORS = new Set(
  [
    "createProxy(address,bytes)",
    "createProxyWithNonce(address,bytes,uint256)",
    "createProxyWithCallback(address,bytes,uint256,address)",
    "createChainSpecificProxyWithNonce(address,bytes,uint256)",
    "createProxyWithNonceL2(address,bytes,uint256)",
    "createChainSpecificProxyWithNonceL2(address,bytes,uint256)",
  ].map((signature) => id(signature).slice(0, 10)),
);

const factory = z.strictObject({
  address: hex(20).refine(isAddress, "has a wrong checksum: copy it again, or write it in lower case").transform(parseAddress),
  selector: hex(4)
    .transform((selector) => selector.toLowerCase())
    .refine(
      (selector) => !SAFE_SELECTORS.has(selector),
      "is a Safe's factory, whose call runs code that the caller chooses: it cannot be listed",
    ),
  accountCodeHash: hex(32).transform(parseHash32),
});
const wallets = z.strictObject({ factories: z.array(factory).max(32).default([]) });

const log = z.strictObject({ level: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info") });

const extensionModule = z.union([text, z.strictObject({ module: text, options: z.record(z.string(), z.unknown()).default({}) })], {
  error: "must be the name of a module, or { module = <name>, options = { .. } }",
});
const extensions = z.strictObject({ modules: z.array(extensionModule).default([]) });

/** The configuration file. Unknown keys are errors: a typing mistake must not become a default. */
export const configSchema = z.strictObject({
  dataDirectory: text,
  chain,
  operator,
  vault,
  http: http.prefault({}),
  metrics: metrics.prefault({}),
  limits: limits.prefault({}),
  epochs: epochs.prefault({}),
  repair: repair.prefault({}),
  wallets: wallets.prefault({}),
  log: log.prefault({}),
  extensions: extensions.prefault({}),
});
