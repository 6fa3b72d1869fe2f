import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeDataFile } from "../run/writeDataFile.ts";

const fileOf = (dataDirectory: string): string => join(dataDirectory, "wanted-mirror.json");

/** From which block on an operator wants a running keeper to read again: in a file of the data directory, which stays until that is done. */
export type WantedMirror = {
  /** Undefined: from none. */
  readonly read: () => Promise<number | undefined>;
  readonly forget: () => Promise<void>;
};

export const wantedMirrorIn = (dataDirectory: string): WantedMirror => ({
  read: async () => {
    try {
      const { version, from } = JSON.parse(await readFile(fileOf(dataDirectory), "utf8")) as { version?: unknown; from?: unknown }; // null throws
      return version === 1 && typeof from === "number" && Number.isSafeInteger(from) && from >= 0 ? from : undefined;
    } catch {
      return undefined; // reading again is a help: a file that cannot be read is as good as none
    }
  },
  forget: () => rm(fileOf(dataDirectory), { force: true }),
});

/** Atomic and durable when it resolves. Throws KeeperError VAULT_IO. */
export const wantMirror = (dataDirectory: string, from: number): Promise<void> =>
  writeDataFile(fileOf(dataDirectory), `${JSON.stringify({ version: 1, from })}\n`);
