import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { writeAtomically } from "@keyquorum/client/node";
import {
  type Address,
  bytesToHex,
  type DocumentId,
  documentIdOf,
  type Hash32,
  parseAddress,
  parseHash32,
  parseSecretName,
  secretSaltOf,
} from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { readJsonFile } from "../jsonFile.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";

/** How a secret is named. */
export type SecretArguments = { readonly name: string; readonly owner?: string | undefined; readonly privateName: string | undefined };

export type NamedSecret = { readonly name: string; readonly owner: Address; readonly salt: Hash32; readonly document: DocumentId };

/** The secret of this name: of --owner, else of the account; with --private-name, by the salt in that file. Throws UsageError. */
export const secretOf = async (args: SecretArguments, context: TaskContext): Promise<NamedSecret> => {
  const name = parseArgument("name", args.name, parseSecretName);
  const owner = args.owner === undefined ? await ownAddress(context) : parseArgument("--owner", args.owner, parseAddress);
  const salt = args.privateName === undefined ? secretSaltOf(owner, name) : await saltIn(args.privateName, name);
  return { name, owner, salt, document: documentIdOf(owner, salt) };
};

export const ownAddress = async (context: TaskContext): Promise<Address> =>
  parseAddress((await (await (await context.connection()).signer()).getAddress()).toLowerCase());

/** Makes the file with a random salt where it is not there yet: whoever has it finds the secret, nobody else does. */
export const makePrivateName = async ({ name, privateName }: SecretArguments): Promise<void> => {
  if (privateName === undefined || existsSync(privateName)) return;
  const made = { name: parseArgument("name", name, parseSecretName), salt: bytesToHex(randomBytes(32)) };
  await writeAtomically(privateName, new TextEncoder().encode(`${JSON.stringify(made)}\n`), { replace: false });
};

const saltIn = async (file: string, name: string): Promise<Hash32> => {
  const kept = await readJsonFile(file);
  if (typeof kept !== "object" || kept === null || !("salt" in kept) || !("name" in kept))
    throw new UsageError(`${file} is no --private-name file.`);
  if (kept.name !== name) throw new UsageError(`${file} is the file of another name.`);
  return parseArgument(file, String(kept.salt), parseHash32);
};
