import { isIP } from "node:net";
import { parse, stringify, TomlError } from "smol-toml";
import { parseExtensionOptions } from "../extensionOptions.ts";
import { isLoopback } from "../keyServer/keyServerOptions.ts";
import { OptionsError } from "../options.ts";

/** What becomes of a key of an old configuration. `why` never repeats its value: some are secret. */
export type KeyVerdict = { readonly key: string; readonly verdict: "honoured" | "replaced" | "refused"; readonly why: string };

/** An old configuration, read. */
export type ReadOldConfig = {
  readonly verdicts: readonly KeyVerdict[];
  /** The extension's options as far as they follow from it. */
  readonly options: {
    readonly permissions?: string;
    readonly keyServer: Readonly<Record<string, unknown>>;
    readonly services?: readonly { readonly contract: string; readonly fromBlock: number }[];
  };
  /** What the operator still has to decide, in sentences. */
  readonly toDecide: readonly string[];
};

/** Why an old configuration cannot be read. */
export class OldConfigError extends Error {
  readonly code = "OLD_CONFIG_UNREADABLE";

  constructor(message: string) {
    super(message);
    this.name = "OldConfigError";
  }
}

type Section = Readonly<Record<string, unknown>>;
type Options = {
  readonly permissions?: string;
  readonly keyServer?: Readonly<Record<string, unknown>>;
  /** A service contract. */
  readonly service?: string;
};
type Found = Omit<KeyVerdict, "key"> & Options;

const honoured = (why: string, more: Options = {}): Found => ({ verdict: "honoured", why, ...more });
const replaced = (why: string): Found => ({ verdict: "replaced", why });
const refused = (why: string): Found => ({ verdict: "refused", why });

const service = (value: unknown): Found => {
  if (value === "none") return honoured("there is no service contract");
  if (value === "registry") return refused("Keyquorum has no registry of names: give the contract's address");
  const contract = addressOf(value);
  return contract === undefined
    ? refused("not an address")
    : honoured("in services: keepers answer its requests on chain", { service: contract });
};

/** Each key that the original knew. `shift`: `[misc] ports_shift`. */
const KEYS: Readonly<Record<string, (value: unknown, about: { readonly host: string; readonly shift: number }) => Found>> = {
  disable: (value) =>
    value === true
      ? refused("to turn it off, leave the extension out of [extensions] modules")
      : honoured("the extension is on if [extensions] modules names it"),
  disable_http: (value) =>
    value === true
      ? refused("a key server has no other interface than HTTP: to turn it off, leave the extension out")
      : honoured("a key server always uses HTTP"),
  disable_auto_migrate: () => replaced("by the registry: governance opens epochs, and each keeper's operator has a delay and a veto"),
  acl_contract: (value, { host }) => permissionsOf(value, host),
  service_contract: service,
  service_contract_srv_gen: service,
  service_contract_srv_retr: service,
  service_contract_doc_store: service,
  service_contract_doc_sretr: service,
  self_secret: () =>
    replaced(
      "by the keeper's own keys, which keyquorum-keeper init creates. Anybody who has this secret can still read the shares of old keys",
    ),
  admin_public: (value) => {
    const digits = typeof value === "string" ? /^(?:0x)?([0-9a-fA-F]{128})$/.exec(value)?.[1] : undefined;
    return digits === undefined
      ? refused("not a public key of 128 hex digits")
      : honoured("as adminPublic: governance decides who the keepers are; the route moves keys to the members of the open epoch", {
          keyServer: { adminPublic: digits.toLowerCase() },
        });
  },
  nodes: () => replaced("by the registry: KeeperRegistry says who the keepers are, and where"),
  server_set_contract: () => replaced("by the registry: KeeperRegistry says who the keepers are"),
  interface: () => replaced("by the keeper's [http] host and its endpoint in the registry, where keepers reach each other"),
  port: () => replaced("by the keeper's [http] port and its endpoint in the registry, where keepers reach each other"),
  http_interface: (value) => {
    const host = hostOf(value);
    return host === undefined ? refused('not "local", "all" or an IP address') : honoured("as host", { keyServer: { host } });
  },
  http_port: (value, { shift }) =>
    isPort(value, shift) ? honoured("as port", { keyServer: { port: Number(value) + shift } }) : refused("not a port"),
  path: () => replaced("by the keeper's dataDirectory, where server keys are stored sealed. Import old keys with keyquorum-parity import"),
  cors: (value) => {
    const corsOrigins = originsOf(value);
    return corsOrigins === undefined
      ? refused('not "none", "all" or a list of origins')
      : honoured("as corsOrigins; it also applies to errors and preflight requests", { keyServer: { corsOrigins } });
  },
};

/** Reads `[secretstore]` of a TOML file of Parity or OpenEthereum. Throws OldConfigError. */
export const readOldConfig = (text: string): ReadOldConfig => {
  const file = parsed(text);
  const section = sectionOf(file, "secretstore");
  if (section === undefined) throw new OldConfigError("The file has no section [secretstore].");
  const shift = Number(sectionOf(file, "misc")?.ports_shift ?? 0);
  const host = hostOf(section.http_interface ?? "local") ?? "";
  const verdicts: KeyVerdict[] = [];
  let permissions: string | undefined;
  let keyServer: Readonly<Record<string, unknown>> = { port: 8082 + shift };
  const contracts = new Set<string>();
  // The original asks the contract that a registry names unless it is told otherwise.
  for (const [key, value] of Object.entries({ acl_contract: "registry", ...section })) {
    const read = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    const found = read?.(value, { host, shift }) ?? refused("unknown to Parity and to this program");
    verdicts.push({ key, verdict: found.verdict, why: found.why });
    permissions = found.permissions ?? permissions;
    keyServer = { ...keyServer, ...found.keyServer };
    if (found.service !== undefined) contracts.add(found.service);
  }
  const services = [...contracts].map((contract) => ({ contract, fromBlock: 0 }));
  const options = { ...(permissions === undefined ? {} : { permissions }), keyServer, ...(services.length === 0 ? {} : { services }) };
  return { verdicts, options, toDecide: [...problemsOf(options), ...services.map(toDecideOf)] };
};

/** The keeper's configuration for it, as TOML; verdicts and what is to be decided as comments. */
export const describeOldConfig = ({ verdicts, options, toDecide }: ReadOldConfig): string => {
  const comments = [
    ...verdicts.map(({ key, verdict, why }) => `# ${key}: ${verdict}: ${why}`),
    ...toDecide.map((sentence) => `# TO DECIDE: ${sentence}`),
  ];
  const modules = [{ module: "@keyquorum/parity/extension", options }];
  return `${comments.join("\n")}\n\n${stringify({ extensions: { modules } })}\n`;
};

const parsed = (text: string): Section => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new OldConfigError(`The file is not valid TOML: see line ${error.line}, column ${error.column}.`);
  }
};

const sectionOf = (file: Section, name: string): Section | undefined => {
  const section = file[name];
  return typeof section === "object" && section !== null && !Array.isArray(section) ? (section as Section) : undefined; // true: TOML has no other objects
};

const hostOf = (value: unknown): string | undefined => {
  if (value === "local") return "127.0.0.1";
  if (value === "all") return "0.0.0.0";
  return typeof value === "string" && isIP(value) > 0 ? value : undefined;
};

const isPort = (value: unknown, shift: number): boolean => {
  const port = Number(value) + shift;
  return (typeof value === "number" || typeof value === "bigint") && Number.isInteger(port) && port > 0 && port <= 65_535;
};

const originsOf = (value: unknown): readonly string[] | undefined => {
  const list = typeof value === "string" ? value.split(",").map((origin) => origin.trim()) : value;
  if (!Array.isArray(list) || !list.every((origin) => typeof origin === "string")) return undefined;
  if (list.includes("none")) return [];
  return list.includes("all") || list.includes("*") ? ["*"] : list;
};

const permissionsOf = (value: unknown, host: string): Found => {
  if (value === "none")
    return isLoopback(host)
      ? honoured("as permissions: everybody who asks can read everything", { permissions: "none" })
      : refused("everybody could read everything, from any machine: name a contract");
  if (value === "registry") return refused("Keyquorum has no registry of names: give the contract's address");
  const permissions = addressOf(value);
  if (permissions === undefined) return refused("not an address");
  return honoured("as permissions: keepers ask it at the final block and at the newest block", { permissions });
};

const addressOf = (value: unknown): string | undefined => {
  const digits = typeof value === "string" ? /^(?:0x)?([0-9a-fA-F]{40})$/.exec(value)?.[1] : undefined;
  return digits === undefined ? undefined : `0x${digits.toLowerCase()}`;
};

const toDecideOf = ({ contract }: { readonly contract: string }): string =>
  `With fromBlock 0, keepers read the whole chain for ${contract}: set fromBlock to the contract's first block, and make sure that the keepers' operators are its key servers.`;

const problemsOf = (options: unknown): readonly string[] => {
  try {
    parseExtensionOptions(options);
    return [];
  } catch (error) {
    if (error instanceof OptionsError) return error.problems;
    throw error;
  }
};
