import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { KeeperError } from "../run/errors.ts";
import { writeDataFile } from "../run/writeDataFile.ts";

/** The operator's vetoes (D41): this keeper deals no share into these epochs. In a file of the data directory, so that no restart is needed. */
export const vetoFileOf = (dataDirectory: string): string => join(dataDirectory, "vetoed-epochs.json");

const isEpoch = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 1;

/**
 * Epochs that the operator vetoed, ascending; none while there is no file.
 * Throws KeeperError VETO_UNREADABLE when the file is not what `setVeto` writes: nobody may take that for consent.
 */
export const vetoedEpochs = async (dataDirectory: string): Promise<readonly number[]> => {
  const file = vetoFileOf(dataDirectory);
  try {
    const found: unknown = JSON.parse(await readFile(file, "utf8"));
    const { version, epochs } = found as { readonly version?: unknown; readonly epochs?: unknown }; // null throws here, and is refused below
    if (version !== 1 || !Array.isArray(epochs) || !epochs.every(isEpoch)) throw new TypeError("not a list of epochs");
    return [...new Set(epochs)].sort((a, b) => a - b);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
    throw new KeeperError(
      "VETO_UNREADABLE",
      `The vetoes in ${file} cannot be read, so this keeper deals no share into any new epoch. Correct or delete the file, and veto again.`,
      { file },
      { cause },
    );
  }
};

/** The same, and undefined while the file cannot be read: that counts as a veto of every epoch. */
export const knownVetoes = async (dataDirectory: string): Promise<readonly number[] | undefined> => {
  try {
    return await vetoedEpochs(dataDirectory);
  } catch (error) {
    if (error instanceof KeeperError && error.code === "VETO_UNREADABLE") return undefined;
    throw error;
  }
};

/**
 * Vetoes an epoch, or takes the veto back; atomic and durable when it resolves. Gives all vetoes that now hold.
 * Throws KeeperError VETO_UNREADABLE, or VAULT_IO when the file cannot be written.
 */
export const setVeto = async (
  dataDirectory: string,
  { epoch, isVetoed }: { readonly epoch: number; readonly isVetoed: boolean },
): Promise<readonly number[]> => {
  if (!isEpoch(epoch)) throw new RangeError("an epoch is a number from 1");
  const others = (await vetoedEpochs(dataDirectory)).filter((known) => known !== epoch);
  const epochs = isVetoed ? [...others, epoch].sort((a, b) => a - b) : others;
  await writeDataFile(vetoFileOf(dataDirectory), `${JSON.stringify({ version: 1, epochs })}\n`);
  return epochs;
};
