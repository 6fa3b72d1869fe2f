import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type KeyId, parseKeyId } from "@keyquorum/wire";
import { KeeperError } from "../run/errors.ts";
import { writeDataFile } from "../run/writeDataFile.ts";

/** A share that its operator wants repaired. */
export type WantedRepair = { readonly keyId: KeyId; readonly epoch: number };

/** Where an operator asks for repairs, when they are not automatic: in a file of the data directory, so that no restart is needed. */
export const wantedFileOf = (dataDirectory: string): string => join(dataDirectory, "wanted-repairs.json");

const MOST = 10_000;

/** Throws KeeperError REPAIRS_UNREADABLE when the file is not what `wantRepairs` writes. */
export const wantedRepairs = async (dataDirectory: string): Promise<readonly WantedRepair[]> => {
  const file = wantedFileOf(dataDirectory);
  try {
    const found: unknown = JSON.parse(await readFile(file, "utf8"));
    const { version, shares } = found as { readonly version?: unknown; readonly shares?: unknown }; // null throws here, and is refused below
    if (version !== 1 || !Array.isArray(shares) || shares.length > MOST) throw new TypeError("not a list of shares");
    return shares.map(wantedOf);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw new KeeperError(
      "REPAIRS_UNREADABLE",
      `The wanted repairs in ${file} cannot be read. Delete the file, and run \`keyquorum-keeper repair --start\` again.`,
      { file },
      { cause },
    );
  }
};

const wantedOf = (value: unknown): WantedRepair => {
  const { keyId, epoch } = value as { readonly keyId?: unknown; readonly epoch?: unknown }; // null throws here, and is refused
  if (typeof epoch !== "number" || !Number.isSafeInteger(epoch) || epoch < 1) throw new TypeError("not an epoch");
  return { keyId: parseKeyId(keyId), epoch };
};

/** Asks for repairs; atomic and durable when it resolves. What is not missing any more is forgotten. */
export const wantRepairs = (dataDirectory: string, shares: readonly WantedRepair[]): Promise<void> =>
  writeDataFile(
    wantedFileOf(dataDirectory),
    `${JSON.stringify({ version: 1, shares: shares.map(({ keyId, epoch }) => ({ keyId, epoch })) })}\n`,
  );
