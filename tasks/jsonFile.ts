import { readFile } from "node:fs/promises";
import { UsageError } from "./usageError.ts";

const MAX_BYTES = 4 * 1024 * 1024;

/** Reads a JSON file. What it holds is not checked. Throws UsageError. */
export const readJsonFile = async (path: string): Promise<unknown> => {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be read.`, { cause });
  });
  if (text.length > MAX_BYTES) throw new UsageError(`${path} is too large to be what this command takes.`);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new UsageError(`${path} holds no JSON.`, { cause });
  }
};
