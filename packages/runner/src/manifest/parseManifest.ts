import {
  checkSchema,
  type DocumentId,
  KeyquorumError,
  ModuleCid,
  parseAddress,
  parseDocumentId,
  parseHash32,
  parseSecretName,
  type Schema,
  type Static,
  Type,
} from "@keyquorum/wire";
import { parse, TomlError } from "smol-toml";
import { DEFAULT_LIMITS, type RunLimits } from "../run/limits.ts";
import type { Manifest, SecretDelivery, WantedSecret } from "./manifest.ts";

const Text = Type.String({ minLength: 1, maxLength: 4_096 });
const Count = Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }));
const LIMITS = Object.fromEntries([...Object.keys(DEFAULT_LIMITS), "fuel"].map((name) => [name, Count])) as Record<
  keyof RunLimits,
  typeof Count
>;
const optionalList = <S extends Schema>(items: S, maxItems: number) => Type.Optional(Type.Array(items, { maxItems }));

const Secret = Type.Object({
  name: Text,
  owner: Type.Optional(Text),
  document: Type.Optional(Text),
  as: Type.Union([Type.Literal("env"), Type.Literal("file"), Type.Literal("open")]),
  variable: Type.Optional(Text),
  path: Type.Optional(Text),
});

const ManifestBody = Type.Object({
  module: Type.Object({ file: Type.Optional(Text), cid: Type.Optional(ModuleCid), hash: Type.Optional(Text) }),
  secrets: optionalList(Secret, 64),
  args: optionalList(Type.String({ maxLength: 131_072 }), 1_024),
  limits: Type.Optional(Type.Object(LIMITS)),
  permissions: optionalList(Text, 256),
});

/** What is wrong with a manifest: `details.field` names it, no value is repeated. */
export const manifestFault = (field: string, what: string): KeyquorumError =>
  new KeyquorumError("INVALID_MANIFEST", `${field} ${what}.`, { details: { field } });

/** Reads a `keyquorum.toml`. Throws INVALID_MANIFEST: a field that is not known is one, too. */
export const parseManifest = (text: string): Manifest => {
  const { module, secrets = [], args = [], limits = {}, permissions = [] } = checkSchema(ManifestBody, parseToml(text), "INVALID_MANIFEST");
  const { file, cid } = module;
  if ((file === undefined) === (cid === undefined)) throw manifestFault("module", "must have a file or a cid, one of them");
  if (cid !== undefined && module.hash === undefined)
    throw manifestFault("module.hash", "must be there where the module is named by its cid");
  const hash =
    module.hash === undefined ? {} : { hash: parsed("module.hash", module.hash, parseHash32, "a SHA-256: 0x and 64 hex digits") };
  return {
    module: { ...(file === undefined ? {} : { file }), ...(cid === undefined ? {} : { cid }), ...hash },
    ...{ secrets: distinct(secrets.map(secretOf)), args, limits, permissions, notUsed: [] },
  };
};

/** A table of TOML as plain data. Throws INVALID_MANIFEST with the place. */
export const parseToml = (text: string): unknown => {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw manifestFault("The manifest", `is no TOML (line ${cause.line}, column ${cause.column})`);
  }
};

const parsed = <T>(field: string, value: string, parse: (value: string) => T, what: string): T => {
  try {
    return parse(value);
  } catch {
    throw manifestFault(field, `must be ${what}`);
  }
};

const secretOf = ({ name: given, owner, document, as, variable, path }: Static<typeof Secret>, index: number): WantedSecret => {
  const at = `secrets.${index}`;
  const { name, version } = nameOf(given, `${at}.name`);
  if ((owner === undefined) === (document === undefined)) throw manifestFault(at, "must have an owner or a document, one of them");
  if (variable !== undefined && as !== "env") throw manifestFault(`${at}.variable`, 'goes with as = "env"');
  if (path !== undefined && as !== "file") throw manifestFault(`${at}.path`, 'goes with as = "file"');
  const delivery: SecretDelivery = as === "open" ? { as } : as === "file" ? { as, path: path ?? name } : { as, variable: variable ?? name };
  const source =
    owner === undefined
      ? { document: parsed<DocumentId>(`${at}.document`, document ?? "", parseDocumentId, "a document's id: 0x and 64 hex digits") }
      : { owner: parsed(`${at}.owner`, owner, parseAddress, "an address: 0x and 40 hex digits") };
  return { name, source, delivery, ...(version === undefined ? {} : { version }) };
};

/** `NAME`, or `NAME@3` for a version. */
const nameOf = (given: string, field: string): { readonly name: string; readonly version?: number } => {
  const [, name = "", , digits] = /^([^@]*)(@([1-9][0-9]{0,8}))?$/.exec(given) ?? [];
  parsed(field, name, parseSecretName, "the name of a secret, or such a name with @ and the number of a version");
  return { name, ...(digits === undefined ? {} : { version: Number(digits) }) };
};

/** Two secrets of one name, variable or path would be one for the module. */
const distinct = (secrets: readonly WantedSecret[]): readonly WantedSecret[] => {
  const seen = new Set<string>();
  for (const [index, { name, delivery }] of secrets.entries()) {
    const place =
      delivery.as === "env" ? `variable ${delivery.variable}` : delivery.as === "file" ? `path ${delivery.path}` : `open ${name}`;
    for (const one of [`name ${name}`, place]) {
      if (seen.has(one)) throw manifestFault(`secrets.${index}`, "has a name, a variable or a path that another one has, too");
      seen.add(one);
    }
  }
  return secrets;
};
