import { isAbsolute, join } from "node:path";
import { type AccountKeySource, parseTomlConfig } from "@keyquorum/daemon";
import type { z } from "zod";
import { configSchema } from "./schema.ts";

type Parsed = z.output<typeof configSchema>;
/** One extension to load: a module's name and what it is given. */
export type ExtensionModule = { readonly module: string; readonly options: Readonly<Record<string, unknown>> };

/** How a file gives the operator's key. */
export type OperatorKeySource = AccountKeySource;

/** How a file gives what unlocks the vault. */
export type VaultKeySource =
  | { readonly kind: "keyFile"; readonly keyFile: string }
  | { readonly kind: "passphrase"; readonly passphraseFile: string };

/** A checked configuration. Paths are absolute; nothing in it is secret but the paths and queries of RPC URLs. */
export type KeeperConfig = Omit<Parsed, "operator" | "vault" | "chain" | "extensions"> & {
  /** The folder of the configuration file: relative paths start here. */
  readonly directory: string;
  readonly chain: Omit<Parsed["chain"], "deployment"> & { readonly deployment: string | Readonly<Record<string, unknown>> };
  readonly operator: OperatorKeySource;
  readonly vault: VaultKeySource;
  readonly extensions: { readonly modules: readonly ExtensionModule[] };
};

const operatorOf = (
  { keyFile, keystoreFile, passphraseFile }: Parsed["operator"],
  absolute: (path: string) => string,
): OperatorKeySource => {
  if (keyFile !== undefined) return { kind: "keyFile", keyFile: absolute(keyFile) };
  // The schema refused every other combination.
  return { kind: "keystore", keystoreFile: absolute(keystoreFile ?? ""), passphraseFile: absolute(passphraseFile ?? "") };
};

const vaultOf = ({ keyFile, passphraseFile }: Parsed["vault"], absolute: (path: string) => string): VaultKeySource =>
  keyFile !== undefined
    ? { kind: "keyFile", keyFile: absolute(keyFile) }
    : { kind: "passphrase", passphraseFile: absolute(passphraseFile ?? "") };

/**
 * Reads a configuration. Throws OperatorError CONFIG_INVALID, whose `details.problems` names each field and what to do.
 * @param directory where relative paths start: the folder of the configuration file
 */
export const parseConfig = (text: string, directory: string): KeeperConfig => {
  const data = parseTomlConfig(configSchema, text);
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(directory, path));
  const { tls } = data.http;
  return {
    ...data,
    directory,
    dataDirectory: absolute(data.dataDirectory),
    chain: {
      ...data.chain,
      deployment: typeof data.chain.deployment === "string" ? absolute(data.chain.deployment) : data.chain.deployment,
    },
    operator: operatorOf(data.operator, absolute),
    vault: vaultOf(data.vault, absolute),
    http: {
      ...data.http,
      ...(tls === undefined ? {} : { tls: { certificateFile: absolute(tls.certificateFile), keyFile: absolute(tls.keyFile) } }),
    },
    extensions: { modules: data.extensions.modules.map((entry) => (typeof entry === "string" ? { module: entry, options: {} } : entry)) },
  };
};
