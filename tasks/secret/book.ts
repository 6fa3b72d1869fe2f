import { readFile } from "node:fs/promises";
import { type IModuleGrants, IModuleGrants__factory } from "@keyquorum/bindings/policies";
import { writeAtomically } from "@keyquorum/client/node";
import { type Address, checksumAddress, type DocumentId, parseAddress } from "@keyquorum/wire";
import type { ContractRunner } from "ethers";
import type { TaskContext } from "../context.ts";
import { readJsonFile } from "../jsonFile.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";

/** The book of this chain's secrets, a ModuleGrants: recorded beside the deployment. */
const bookFile = async (context: TaskContext): Promise<string> => `${(await context.deploymentFile()).replace(/\.json$/, "")}.modules.json`;

/** Records the book, for `secret put` to find. `former`: the one in whose place it stands, which goes on deciding about the secrets that name it. */
export const recordBook = async (
  context: TaskContext,
  address: string,
): Promise<{ readonly file: string; readonly former: Address | undefined }> => {
  const file = await bookFile(context);
  const former = (await isThere(file)) ? await bookAddress(context, undefined).catch(() => undefined) : undefined; // of a broken file: none
  await writeAtomically(file, new TextEncoder().encode(`${JSON.stringify({ moduleGrants: address }, undefined, 2)}\n`), { replace: true });
  return { file, former };
};

/** By --grants, else as recorded. Throws UsageError. */
export const bookAddress = async (context: TaskContext, grants: string | undefined): Promise<Address> => {
  if (grants !== undefined) return parseArgument("--grants", grants, parseAddress);
  const file = await bookFile(context);
  if (!(await isThere(file)))
    throw new UsageError(
      "No ModuleGrants contract is recorded for this chain: npx hardhat keyquorum permissions deploy modules, or name one with --grants ADDRESS.",
    );
  const recorded = await readJsonFile(file);
  const address = typeof recorded === "object" && recorded !== null && "moduleGrants" in recorded ? recorded.moduleGrants : undefined;
  return parseArgument(file, String(address), parseAddress);
};

/** A ModuleGrants at this address. Throws UsageError where it is none: what is not asked about modules cannot keep a secret for one. */
export const connectBook = async (address: Address, runner: ContractRunner): Promise<IModuleGrants> => {
  const book = IModuleGrants__factory.connect(address, runner);
  const most = await book.maxGrants().catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && (cause.code === "BAD_DATA" || cause.code === "CALL_EXCEPTION")) return undefined;
    throw cause;
  });
  if (most === undefined) throw new UsageError(`The contract at ${checksumAddress(address)} is not a ModuleGrants contract.`);
  return book;
};

/** The book that decides about a published secret now, for sending. Throws UsageError. */
export const bookOf = async (context: TaskContext, document: DocumentId): Promise<IModuleGrants> => {
  const { signer, contracts } = await context.signing();
  const { owner, permissions } = await contracts.documentRegistry.documentOf(document);
  if (BigInt(owner) === 0n) throw new UsageError("There is no such secret: npx hardhat keyquorum secret put NAME");
  return connectBook(parseAddress(permissions.toLowerCase()), signer);
};

const isThere = (path: string): Promise<boolean> =>
  readFile(path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    },
  );
