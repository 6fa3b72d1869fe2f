import { existsSync } from "node:fs";
import type { ContentRange, RetrievedDocument } from "@keyquorum/client";
import { FileExistsError, writeAtomically } from "@keyquorum/client/node";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { UsageError } from "../usageError.ts";
import { keepProofs, type ProofArguments } from "./keepProofs.ts";
import { type RetrieveArguments, retrieve } from "./retrieve.ts";
import { readSource } from "./source.ts";

type Arguments = CommonArguments & {
  readonly document: string;
  readonly out: string | undefined;
  readonly number: string | undefined;
  readonly replace: boolean;
  readonly range: string | undefined;
} & RetrieveArguments &
  ProofArguments;

/** Reads a document: asks the keepers, combines their shares, decrypts, writes the file whole or not at all. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const source = await readSource(args);
  const range = args.range === undefined ? undefined : parseRange(args.range);
  if (args.out !== undefined && args.out !== "-" && !args.replace && existsSync(args.out)) throw new FileExistsError(args.out);
  const { client, read } = await retrieve(source, args, context);
  const { report } = read;
  terminal.progress(`Combined the shares of slots ${report.used.join(", ")}; decrypting`);
  for (const { slot, name, code, reason } of report.failed)
    terminal.warn(`${name} (slot ${slot}) gave no valid answer: ${code}. ${reason}`);
  const kept = await keepProofs({ client, report }, args, context);
  const written = await (range === undefined ? deliver(read, args, context) : deliverRange(read, range, args, context));
  if (read.author !== "verified")
    terminal.warn("Nothing proves that this document is its owner's: it is not published and carries no card.");
  return {
    document: read.document,
    author: read.author,
    metadata: read.metadata,
    ...written,
    ...kept,
    requestId: report.requestId,
    epoch: report.epoch,
    used: report.used,
    failed: report.failed,
    ...("transaction" in read ? { transaction: read.transaction } : {}),
  };
});

/** To --out; else a text or JSON value to the terminal, and a file under its own name. */
const deliver = async (
  read: RetrievedDocument,
  { out, replace }: Arguments,
  { terminal }: TaskContext,
): Promise<{ readonly file: string | null; readonly bytes: number; readonly content?: string }> => {
  const { kind, name } = read.metadata;
  if (out === "-" || (out === undefined && kind !== "file")) {
    const bytes = await read.bytes();
    if (terminal.isJson) return { file: null, bytes: bytes.length, content: new TextDecoder().decode(bytes) };
    terminal.write(bytes);
    if (out === undefined) terminal.print();
    return { file: null, bytes: bytes.length };
  }
  // The name comes from the author: the envelope's parser has made sure that it names a file here and nowhere else.
  const file = out ?? name;
  if (out === undefined && file?.startsWith(".") === true)
    throw new UsageError(`The document's own name, ${file}, is that of a hidden file: say where to write it by --out FILE.`);
  if (file === undefined) throw new UsageError("The document has no name of its own: say where to write it by --out FILE.");
  const bytes = await writeAtomically(file, read.content, { replace });
  terminal.print(`Wrote ${file}: ${bytes.toLocaleString("en")} bytes.`);
  return { file, bytes };
};

/** `OFFSET:LENGTH` in bytes; a LENGTH left out: to the end. Throws UsageError. */
export const parseRange = (text: string): ContentRange => {
  const [, offset, length] = /^([0-9]{1,15}):([0-9]{1,15})?$/.exec(text) ?? [];
  if (offset === undefined) throw new UsageError("--range is OFFSET:LENGTH in bytes, such as 0:1024, or OFFSET: for all that follows.");
  return { offset: Number(offset), ...(length === undefined ? {} : { length: Number(length) }) };
};

/** A part of the content to --out, or to the terminal. */
const deliverRange = async (
  read: RetrievedDocument,
  range: ContentRange,
  { out, replace }: Arguments,
  { terminal, signal }: TaskContext,
): Promise<{ readonly file: string | null; readonly bytes: number; readonly content?: string }> => {
  const part = read.range({ ...range, signal });
  if (out !== undefined && out !== "-") {
    const bytes = await writeAtomically(out, part, { replace });
    terminal.print(`Wrote ${out}: ${bytes.toLocaleString("en")} bytes.`);
    return { file: out, bytes };
  }
  const bytes = await part.bytes();
  if (terminal.isJson) return { file: null, bytes: bytes.length, content: new TextDecoder().decode(bytes) };
  terminal.write(bytes);
  return { file: null, bytes: bytes.length };
};
