import { isAbsolute, join } from "node:path";
import { parse as parseToml, TomlError } from "smol-toml";
import type { z } from "zod";
import { KeeperError } from "../run/errors.ts";
import { configSchema } from "./schema.ts";

type Parsed = z.output<typeof configSchema>;
type Issue = {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
};

/** One extension to load: a module's name and what it is given. */
export type ExtensionModule = { readonly module: string; readonly options: Readonly<Record<string, unknown>> };

/** How a file gives the operator's key. */
export type OperatorKeySource =
  | { readonly kind: "keyFile"; readonly keyFile: string }
  | { readonly kind: "keystore"; readonly keystoreFile: string; readonly passphraseFile: string };

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

/** A field that is wrong and what to do about it. */
export type ConfigProblem = { readonly field: string; readonly problem: string };

const fieldOf = (path: readonly PropertyKey[]): string => path.map(String).join(".") || "(file)";

const problemsOf = (issues: readonly Issue[]): readonly ConfigProblem[] =>
  issues.flatMap((issue): readonly ConfigProblem[] => {
    if (issue.code === "unrecognized_keys")
      return (issue.keys ?? []).map((key) => ({
        field: fieldOf([...issue.path, key]),
        problem: "unknown key; remove it or correct its name",
      }));
    return [{ field: fieldOf(issue.path), problem: issue.message }];
  });

const invalid = (problems: readonly ConfigProblem[], options: { readonly cause?: unknown } = {}): KeeperError =>
  new KeeperError(
    "CONFIG_INVALID",
    `The configuration is not usable. Correct: ${problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")}`,
    { problems },
    options,
  );

const readToml = (text: string): unknown => {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0] ?? "not TOML";
    throw invalid([{ field: `line ${error.line}, column ${error.column}`, problem: reason }]);
  }
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
 * Reads a configuration. Throws KeeperError CONFIG_INVALID, whose `details.problems` names each field and what to do.
 * @param directory where relative paths start: the folder of the configuration file
 */
export const parseConfig = (text: string, directory: string): KeeperConfig => {
  const parsed = configSchema.safeParse(readToml(text), {
    error: (issue) => (issue.code === "invalid_type" && issue.input === undefined ? "is missing; add it" : undefined),
  });
  if (!parsed.success) throw invalid(problemsOf(parsed.error.issues as readonly Issue[]));
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(directory, path));
  const { data } = parsed;
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
