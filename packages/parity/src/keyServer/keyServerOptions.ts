import { isIPv4, isIPv6 } from "node:net";
import { type Address, parseAddress } from "@keyquorum/wire";
import { z } from "zod";

const count = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);
const text = z.string().min(1, "must not be empty");

const address = text.transform((value, context): Address => {
  try {
    return parseAddress(value);
  } catch {
    context.addIssue({ code: "custom", message: "must be addresses: 0x and 40 hex digits, in lower case or with a correct checksum" });
    return z.NEVER;
  }
});

const quotas = z.strictObject({
  perAuthor: count(1, 1_000_000).default(20),
  perAddress: count(1, 1_000_000).default(40),
  total: count(1, 1_000_000).default(200),
});

const schema = z
  .strictObject({
    host: text.default("127.0.0.1"),
    port: count(0, 65_535).default(8082),
    tls: z.strictObject({ certificateFile: text, keyFile: text }).optional(),
    authors: z
      .union([z.literal("any"), z.array(address).min(1, "must name at least one")], {
        error: 'must be "any" or a list of addresses',
      })
      .optional(),
    quotas: quotas.prefault({}),
    zeroThreshold: z.boolean().default(true),
    freshRequests: z.enum(["optional", "required"]).default("optional"),
    showKeysToKeeper: z.boolean().default(false),
    corsOrigins: z.array(text).default(["*"]),
    trustProxy: z.boolean().default(false),
    requestTimeoutMilliseconds: count(1_000, 300_000).default(15_000),
    requestsPerMinute: count(1, 1_000_000).default(600),
    maxConnections: count(1, 100_000).default(1_000),
    maxConnectionsPerAddress: count(1, 100_000).default(250),
  })
  .refine(({ authors, host, trustProxy }) => authors !== undefined || (isLoopback(host) && !trustProxy), {
    path: ["authors"],
    message:
      'must be "any" or a list of addresses, because others than this machine reach the key server, and whoever may generate server keys fills every keeper\'s disk',
  });

/** The key server's own part of the extension's options. */
export type KeyServerOptions = z.infer<typeof schema>;

/** Options that are not what they should be. `message`: one sentence for each problem; it repeats no value. */
export class OptionsError extends Error {
  readonly code = "OPTIONS_INVALID";

  constructor(problems: readonly string[]) {
    super(problems.join(" "));
    this.name = "OptionsError";
  }
}

/** Reads the options of the key server; unknown ones are errors. Throws OptionsError. */
export const parseKeyServerOptions = (options: unknown): KeyServerOptions => {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new OptionsError(
    parsed.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => `The option ${[...issue.path, key].join(".")} is not known.`)
        : [`The option ${issue.path.join(".")} ${sentence(issue.message)}`],
    ),
  );
};

const sentence = (message: string): string => (/^must /.test(message) ? `${message}.` : `is not what it should be: ${message}.`);

/** Whether only this machine reaches a server that listens there. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || (isIPv4(host) && host.startsWith("127.")) || (isIPv6(host) && /^(0*:)*0*:0*1$|^::1$/.test(host));
