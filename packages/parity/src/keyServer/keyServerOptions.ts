import { isIPv4, isIPv6 } from "node:net";
import { ThresholdError } from "@keyquorum/threshold";
import { z } from "zod";
import { readBareHex } from "../formats/hexText.ts";
import { POINT64_BYTES, parsePoint64 } from "../formats/point64.ts";
import { addressOption, parseOptions } from "../options.ts";

const count = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);
const text = z.string().min(1, "must not be empty");

const publicKey = z.string().transform((value, context): Uint8Array => {
  const bytes = readBareHex(value.replace(/^0x/, ""), POINT64_BYTES);
  try {
    if (bytes !== undefined && !parsePoint64(bytes).is0()) return bytes;
  } catch (error) {
    if (!(error instanceof ThresholdError)) throw error;
  }
  context.addIssue({ code: "custom", message: "must be a public key: 128 hex digits, a point of the curve" });
  return z.NEVER;
});

const quotas = z.strictObject({
  perAuthor: count(1, 1_000_000).default(20),
  perAddress: count(1, 1_000_000).default(40),
  total: count(1, 1_000_000).default(200),
  perMember: count(1, 1_000_000).default(200),
  allMembers: count(1, 1_000_000).default(1_000),
});

export const keyServerSchema = z
  .strictObject({
    host: text.default("127.0.0.1"),
    port: count(0, 65_535).default(8082),
    tls: z.strictObject({ certificateFile: text, keyFile: text }).optional(),
    authors: z
      .union([z.literal("any"), z.array(addressOption).min(1, "must name at least one")], {
        error: 'must be "any" or a list of addresses',
      })
      .optional(),
    quotas: quotas.prefault({}),
    zeroThreshold: z.boolean().default(true),
    leastThreshold: count(0, 255).default(0),
    freshRequests: z.enum(["optional", "required"]).default("optional"),
    showKeysToKeeper: z.boolean().default(false),
    adminPublic: publicKey.optional(),
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
export type KeyServerOptions = z.infer<typeof keyServerSchema>;

/** Reads the options of the key server; unknown ones are errors. Throws OptionsError. */
export const parseKeyServerOptions = (options: unknown): KeyServerOptions => parseOptions(keyServerSchema, options);

/** Whether only this machine reaches a server that listens there. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || (isIPv4(host) && host.startsWith("127.")) || (isIPv6(host) && /^(0*:)*0*:0*1$|^::1$/.test(host));
