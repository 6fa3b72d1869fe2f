import type { ContentRange, RetrievedDocument } from "@keyquorum/client";
import { checkFileTarget, writeAtomically } from "@keyquorum/client/node";
import type { TaskContext } from "../context.ts";
import { fileOfDocument, suggestionOf } from "./authorsName.ts";

/** Where a document goes: `out` is a file, - for the terminal, or undefined. */
export type DeliveryArguments = { readonly out: string | undefined; readonly replace: boolean };

/** What became of it. With --json and no file, the content: as text where it is UTF-8 through and through, else as base64. */
export type Delivered = {
  readonly file: string | null;
  readonly bytes: number;
  readonly content?: string;
  readonly contentBase64?: string;
};

/** Refuses what cannot be written to before anybody is asked, or paid. `document`: the id, where it is known already. */
export const checkDelivery = async (
  { out, replace, receipts }: DeliveryArguments & { readonly receipts: string | undefined },
  document: string | undefined,
): Promise<void> => {
  const file = out ?? (document === undefined ? undefined : fileOfDocument(document));
  if (file !== undefined && file !== "-") await checkFileTarget(file, { replace });
  if (receipts !== undefined) await checkFileTarget(receipts, { replace });
};

/** To --out; else a text or JSON value to the terminal, and a file to one that is named by the document's id. */
export const deliver = async (
  read: RetrievedDocument,
  { out, replace }: DeliveryArguments,
  { terminal }: TaskContext,
): Promise<Delivered> => {
  const { kind, name } = read.metadata;
  if (out === "-" || (out === undefined && kind !== "file")) {
    const bytes = await read.bytes();
    if (terminal.isJson) return { file: null, bytes: bytes.length, ...inJson(bytes) };
    if (out === "-") terminal.write(bytes);
    else terminal.show(bytes);
    return { file: null, bytes: bytes.length };
  }
  const file = out ?? fileOfDocument(read.document);
  const bytes = await writeAtomically(file, read.content, { replace });
  terminal.print(`Wrote ${file}: ${bytes.toLocaleString("en")} bytes.`);
  const lines = out === undefined && name !== undefined ? suggestionOf(file, name) : [];
  for (const line of lines) terminal.print(line);
  return { file, bytes };
};

/** A part of the content to --out, or to the terminal. */
export const deliverRange = async (
  read: RetrievedDocument,
  range: ContentRange,
  { out, replace }: DeliveryArguments,
  { terminal, signal }: TaskContext,
): Promise<Delivered> => {
  const part = read.range({ ...range, signal });
  if (out !== undefined && out !== "-") {
    const bytes = await writeAtomically(out, part, { replace });
    terminal.print(`Wrote ${out}: ${bytes.toLocaleString("en")} bytes.`);
    return { file: out, bytes };
  }
  const bytes = await part.bytes();
  if (terminal.isJson) return { file: null, bytes: bytes.length, ...inJson(bytes) };
  terminal.write(bytes);
  return { file: null, bytes: bytes.length };
};

/** Bytes as JSON can carry them without changing one: strict UTF-8, a byte order mark kept, or base64. */
export const inJson = (bytes: Uint8Array): { readonly content: string } | { readonly contentBase64: string } => {
  try {
    return { content: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { contentBase64: Buffer.from(bytes).toString("base64") };
  }
};
