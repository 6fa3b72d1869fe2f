import { readFile } from "node:fs/promises";
import { parsePoint } from "@keyquorum/threshold";
import { type Address, hexToBytes, KeyquorumError, parseAddress } from "@keyquorum/wire";
import { whatHappened } from "../parse.ts";
import { UsageError } from "../usageError.ts";

/** What governance must know to admit a keeper. All public. */
export type KeeperRecord = {
  readonly operator: Address;
  /** Compressed, 33 bytes as hex. */
  readonly identityKey: string;
  readonly endpoint: string;
  readonly peerAddress: string;
  readonly name: string;
};

/** The same as options of a command; `from` names the file. */
export type KeeperArguments = Readonly<Record<"from" | (typeof FIELDS)[number], string | undefined>>;

const FIELDS = ["operator", "identityKey", "endpoint", "peerAddress", "name"] as const;

/** Reads what `keyquorum-keeper init --json` printed; options fill in or replace what it says. Throws UsageError. */
export const readKeeperRecord = async (
  path: string | undefined,
  options: Readonly<Partial<Record<(typeof FIELDS)[number], string | undefined>>>,
): Promise<KeeperRecord> => {
  const file = path === undefined ? {} : await readRecord(path);
  const textOf = (field: (typeof FIELDS)[number]): string | undefined => {
    const value = options[field] ?? file[field];
    if (value !== undefined && typeof value !== "string") throw new UsageError(`${path}: ${field} must be a text.`);
    return value;
  };
  const operator = textOf("operator");
  const identityKey = textOf("identityKey")?.toLowerCase();
  const endpoint = textOf("endpoint");
  if (operator === undefined || identityKey === undefined) {
    throw new UsageError(
      "Give the keeper's public values: --from FILE (what `keyquorum-keeper init --json` printed), or --operator and --identity-key.",
    );
  }
  if (endpoint === undefined) throw new UsageError("Give the URL at which readers reach the keeper: --endpoint https://...");
  checkEndpoint(endpoint);
  return {
    operator: parsed("operator", () => parseAddress(operator)),
    identityKey: parseIdentityKey(identityKey),
    endpoint,
    peerAddress: textOf("peerAddress") ?? "",
    name: textOf("name") ?? "",
  };
};

/** A compressed point in lower-case hex. Throws UsageError. */
export const parseIdentityKey = (text: string): string =>
  parsed("identity key", () => {
    const hex = text.toLowerCase();
    parsePoint(hexToBytes(hex, 33));
    return hex;
  });

const readRecord = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new UsageError(`${path} cannot be read as JSON. Make it with \`keyquorum-keeper init --json > ${path}\`.`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new UsageError(`${path} must hold a JSON object.`);
  return value as Readonly<Record<string, unknown>>; // an object by the line above
};

const checkEndpoint = (endpoint: string): void => {
  const url = URL.parse(endpoint);
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw new UsageError("--endpoint must be a URL that starts with https:// (or http:// on a private network).");
  if (url.username !== "" || url.search !== "" || url.hash !== "")
    throw new UsageError("--endpoint is public: it must have no user name, query or fragment.");
};

const parsed = <T>(what: string, parse: () => T): T => {
  try {
    return parse();
  } catch (cause) {
    throw new UsageError(
      `The ${what} is not valid: ${cause instanceof KeyquorumError ? whatHappened(cause) : cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
};
