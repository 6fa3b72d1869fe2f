import { readFile } from "node:fs/promises";
import { parseAddress } from "@keyquorum/wire";
import { parseArgument, parseUntil } from "./parse.ts";
import { UsageError } from "./usageError.ts";

/** A reader of a readers file, with the end of its permission where there is one. */
export type ListedReader = { readonly reader: ReturnType<typeof parseAddress>; readonly until?: Date };

/** So many fit one transaction. */
export const READERS_PER_TRANSACTION = 200;

/** Reads a file with a reader a line: `0x...`, or `0x..., 30d`. Empty lines and lines that begin with # are skipped. Throws UsageError that names the line. */
export const readReadersFile = async (path: string, now: Date): Promise<readonly ListedReader[]> => {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new UsageError(`--readers ${path} cannot be read.`, { cause });
  });
  const readers = text
    .replace(/^\ufeff/, "") // spreadsheets write one
    .split(/\r?\n/)
    .flatMap((line, index): ListedReader[] => {
      const [address = "", until = "", ...rest] = line.split(",").map((part) => part.trim());
      if (address === "" || address.startsWith("#")) return [];
      const where = `${path}, line ${index + 1}`;
      if (rest.some((part) => part !== "")) throw new UsageError(`${where}: there is more than an address and an end.`);
      const end = until === "" ? {} : { until: parseUntil(until, now, `${where}: the end`) };
      return [{ reader: parseArgument(where, address, parseAddress), ...end }];
    });
  if (readers.length === 0) throw new UsageError(`--readers ${path} names nobody.`);
  const twice = readers.find(({ reader }, index) => readers.findIndex((other) => other.reader === reader) !== index);
  if (twice !== undefined) throw new UsageError(`--readers ${path} names ${twice.reader} twice.`);
  return readers;
};

/** Parts of at most `size`. */
export const inBatches = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
