import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Hash32, parseHash32 } from "@keyquorum/wire";
import { writeDataFile } from "../run/writeDataFile.ts";

/** Where an operator says to a running keeper which block it accepts in the place of a final one; the keeper moves it into its vault. */
const fileOf = (dataDirectory: string): string => join(dataDirectory, "accepted-finality.json");

/** Atomic and durable when it resolves. Throws KeeperError VAULT_IO. */
export const acceptFinality = (dataDirectory: string, blockHash: Hash32): Promise<void> =>
  writeDataFile(fileOf(dataDirectory), `${JSON.stringify({ version: 1, blockHash })}\n`);

/** The block that the operator accepts; undefined where there is no such file, or none that `acceptFinality` writes. */
export const acceptedFinality = async (dataDirectory: string): Promise<Hash32 | undefined> => {
  try {
    const { version, blockHash } = JSON.parse(await readFile(fileOf(dataDirectory), "utf8")) as { version?: unknown; blockHash?: unknown }; // null throws
    return version === 1 ? parseHash32(blockHash) : undefined;
  } catch {
    return undefined; // not to accept is the safe reading of a file that cannot be read
  }
};

/** What was taken over is forgotten: it is meant for one break only. */
export const forgetAccepted = (dataDirectory: string): Promise<void> => rm(fileOf(dataDirectory), { force: true });
