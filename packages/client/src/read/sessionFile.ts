import { assertNonZeroScalar, parseScalar } from "@keyquorum/threshold";
import {
  type Address,
  type Hex,
  hexToBytes,
  KeyquorumError,
  MAX_DELEGATION_BYTES,
  parseAddress,
  parseDelegation,
  type ReadingSession,
  type SigningDomain,
} from "@keyquorum/wire";

/** SECRET. A reading session with its key: `keyquorum-session` version 1. */
export type SessionFile = {
  readonly format: "keyquorum-session";
  readonly version: 1;
  readonly chainId: string;
  readonly shareRequests: Address;
  readonly delegation: Hex;
  /** The session key's secret: 32 bytes. */
  readonly secret: Hex;
};

const FIELDS: readonly string[] = ["format", "version", "chainId", "shareRequests", "delegation", "secret"];

/** Reads what `Session.exportSecret` returned. Strict. Throws INVALID_VALUE with `details.field`; no message repeats a value. */
export const parseSessionFile = (
  value: unknown,
): {
  readonly domain: SigningDomain;
  readonly session: ReadingSession;
  readonly delegation: Uint8Array;
  readonly secret: Uint8Array;
} => {
  if (typeof value !== "object" || value === null) throw refusal("file");
  const file = value as Readonly<Record<string, unknown>>; // true: an object, whose fields are read as unknown
  if (Object.keys(file).some((name) => !FIELDS.includes(name))) throw refusal("file");
  if (file.format !== "keyquorum-session") throw refusal("format");
  if (file.version !== 1) throw refusal("version");
  if (typeof file.chainId !== "string" || !/^[1-9][0-9]{0,77}$/.test(file.chainId)) throw refusal("chainId");
  const { delegation, secret } = file;
  if (typeof delegation !== "string" || delegation.length > 2 + 2 * MAX_DELEGATION_BYTES) throw refusal("delegation");
  if (typeof secret !== "string") throw refusal("secret");
  const field = <T>(name: string, parse: () => T): T => {
    try {
      return parse();
    } catch {
      throw refusal(name); // without the cause: it may hold the secret
    }
  };
  const bytes = field("delegation", () => hexToBytes(delegation));
  return {
    domain: { chainId: BigInt(file.chainId), shareRequests: field("shareRequests", () => parseAddress(file.shareRequests)) },
    session: field("delegation", () => parseDelegation(bytes).session),
    delegation: bytes,
    secret: field("secret", () => parseSecret(secret)),
  };
};

const parseSecret = (text: string): Uint8Array => {
  const bytes = hexToBytes(text, 32);
  assertNonZeroScalar(parseScalar(bytes), "secret");
  return bytes;
};

const refusal = (field: string): KeyquorumError =>
  new KeyquorumError("INVALID_VALUE", `The field ${field} is not that of a session's file.`, { details: { field } });
