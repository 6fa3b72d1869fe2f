import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Address } from "@keyquorum/wire";
import { AgentError } from "./agentError.ts";
import { type Keystore, parseKeystore } from "./keystore.ts";

/** What Parity keeps beside the keystores. */
const NO_KEYSTORES: readonly string[] = [
  "address_book.json",
  "dapps_accounts.json",
  "dapps_history.json",
  "dapps_policy.json",
  "vault.json",
];
const MAX_BYTES = 65_536;

/**
 * The keystores of a folder, by address. Hidden files, folders, and what Parity keeps beside keystores are passed over; everything else must be a keystore.
 * Throws AgentError; its message names the file.
 */
export const readKeystores = async (folder: string): Promise<ReadonlyMap<Address, Keystore>> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new AgentError("KEYSTORES_UNREADABLE", `The folder of keystores ${folder} cannot be read.`, { cause });
  });
  const keystores = new Map<Address, Keystore>();
  const files = new Map<Address, string>();
  for (const name of entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => entry.name)
    .sort()) {
    if (name.startsWith(".") || NO_KEYSTORES.includes(name)) continue;
    const keystore = await readKeystore(join(folder, name));
    const other = files.get(keystore.address);
    if (other !== undefined)
      throw new AgentError("KEYSTORE_TWICE", `${join(folder, name)} and ${other} are keystores of one address: remove one of them.`);
    files.set(keystore.address, name);
    keystores.set(keystore.address, keystore);
  }
  if (keystores.size === 0) throw new AgentError("NO_KEYSTORES", `The folder ${folder} has no keystore.`);
  return keystores;
};

const readKeystore = async (file: string): Promise<Keystore> => {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new AgentError("KEYSTORE_INVALID", `The keystore ${file} cannot be read.`, { cause });
  });
  const keystore = text.length <= MAX_BYTES ? parseKeystore(text) : undefined;
  if (keystore === undefined)
    throw new AgentError(
      "KEYSTORE_INVALID",
      `${file} is no keystore that can be used: it must be V3 JSON with an address, aes-128-ctr, and scrypt or pbkdf2. Remove or replace it.`,
    );
  return keystore;
};
