import { readFile, rm } from "node:fs/promises";
import { writeAtomically } from "@keyquorum/chain/node";
import { KeyquorumError } from "@keyquorum/wire";

/** A `DeployJournal` of `@keyquorum/bindings/deploy`, which holds bytecode and is not loaded here. */
type FileJournal = {
  readonly load: () => Promise<unknown>;
  readonly save: (record: object) => Promise<void>;
  readonly remove: () => Promise<void>;
};

/**
 * Keeps the record of a deployment that is under way in a file, whole or not at all after each write. `remove`: when it is done and recorded elsewhere.
 * Throws INVALID_VALUE where the file cannot be read or is not JSON, and what `writeAtomically` throws.
 */
export const deployJournal = (path: string): FileJournal => ({
  load: async () => {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (cause) {
      const { code = "unknown" } = cause as NodeJS.ErrnoException; // by what readFile rejects with
      if (code === "ENOENT") return undefined;
      throw new KeyquorumError("INVALID_VALUE", `The record ${path} of a started deployment cannot be read (${code}).`, {
        details: { path },
        cause,
      });
    }
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new KeyquorumError(
        "INVALID_VALUE",
        `The record ${path} of a started deployment is not whole JSON. Nothing was sent. Restore an intact copy to continue, or move it away to start again and pay again.`,
        { details: { path }, cause },
      );
    }
  },
  save: async (record) => {
    await writeAtomically(path, new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`), { replace: true, mode: 0o644 });
  },
  remove: () => rm(path, { force: true }),
});
