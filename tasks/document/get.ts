import { existsSync } from "node:fs";
import type { DocumentSource, RetrievedDocument } from "@keyquorum/client";
import { FileExistsError, writeAtomically } from "@keyquorum/client/node";
import { parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument, parseCount } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { keepProofs, type ProofArguments } from "./keepProofs.ts";
import { type RetrieveArguments, retrieve } from "./retrieve.ts";

type Arguments = CommonArguments & {
  readonly document: string;
  readonly out: string | undefined;
  readonly number: string | undefined;
  readonly replace: boolean;
} & RetrieveArguments &
  ProofArguments;

/** Reads a document: asks the keepers, combines their shares, decrypts, writes the file whole or not at all. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const source = sourceOf(args);
  if (args.out !== undefined && args.out !== "-" && !args.replace && existsSync(args.out)) throw new FileExistsError(args.out);
  const { client, read } = await retrieve(source, args, context);
  const { report } = read;
  terminal.progress(`Combined the shares of slots ${report.used.join(", ")}; decrypting`);
  for (const { slot, name, code, reason } of report.failed)
    terminal.warn(`${name} (slot ${slot}) gave no valid answer: ${code}. ${reason}`);
  const kept = await keepProofs({ client, report }, args, context);
  const written = await deliver(read, args, context);
  return {
    document: read.document,
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

const sourceOf = ({ document, number }: Arguments): DocumentSource => {
  if (/^b[a-z2-7]{20,}$/.test(document)) return { cid: document };
  const id = parseArgument("document", document, parseDocumentId);
  return number === undefined ? id : { document: id, version: parseCount("--number", number, 1) };
};

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
  if (file === undefined) throw new UsageError("The document has no name of its own: say where to write it by --out FILE.");
  const bytes = await writeAtomically(file, read.content, { replace });
  terminal.print(`Wrote ${file}: ${bytes.toLocaleString("en")} bytes.`);
  return { file, bytes };
};
