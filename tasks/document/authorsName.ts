import { KeyquorumError } from "@keyquorum/wire";
import { printable } from "../printable.ts";
import { UsageError } from "../usageError.ts";

/**
 * The file that a document is written to where the user names none: made of its id alone. An author's name is never a path, and neither is its ending:
 * a tool may run or read by itself what is called hardhat.config.ts, Makefile or .env.
 */
export const fileOfDocument = (document: string): string => `document-${document.slice(2)}`;

/** How the author calls the file, and the command that names it so: for people to judge. */
export const suggestionOf = (file: string, name: string): readonly string[] => [
  `Its author named it ${printable(name)}. Some tools run or read files with certain names automatically. To use this name:`,
  `   mv -n ${file} ${quoted(`./${name}`)}`,
];

/** One word of a POSIX shell, whatever is in it. A name that a terminal would not show as it is (metadata refuses them) gets no command. */
const quoted = (word: string): string => `'${printable(word).replaceAll("'", "'\\''")}'`;

/** A name that is refused is mostly the file's own, which nobody typed: says by which option to give another. */
export const withNameAdvice = async <T>(typed: string | undefined, work: () => T | Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KeyquorumError) || error.code !== "INVALID_METADATA" || error.details.field !== "name") throw error;
    const whose = typed === undefined ? "The file's own name cannot be the document's" : "--name";
    throw new UsageError(`${whose}: ${error.details.reason}. Give another by --name NAME.`, { cause: error });
  }
};
