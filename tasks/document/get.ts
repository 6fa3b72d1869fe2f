import type { ContentRange, DocumentSource } from "@keyquorum/client";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { UsageError } from "../usageError.ts";
import { checkDelivery, deliver, deliverRange } from "./deliver.ts";
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
  await checkDelivery(args, range === undefined ? idOf(source) : undefined);
  const { client, read } = await retrieve(source, args, context);
  const { report } = read;
  terminal.progress(`Combined the shares of slots ${report.used.join(", ")}; decrypting`);
  for (const { slot, name, code, reason } of report.failed)
    terminal.warn(`${name} (slot ${slot}) gave no valid answer: ${code}. ${reason}`);
  const kept = await keepProofs({ client, report }, args, context);
  const written = await (range === undefined ? deliver(read, args, context) : deliverRange(read, range, args, context));
  if (read.author !== "verified") terminal.warn("The document's author is not verified: it is not published and has no card.");
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

/** The document's id, where the source is one. */
const idOf = (source: DocumentSource): string | undefined => {
  if (typeof source === "string") return source;
  return "document" in source ? source.document : undefined;
};

/** `OFFSET:LENGTH` in bytes; a LENGTH left out: to the end. Throws UsageError. */
export const parseRange = (text: string): ContentRange => {
  const [, offset, length] = /^([0-9]{1,15}):([0-9]{1,15})?$/.exec(text) ?? [];
  if (offset === undefined) throw new UsageError("--range is OFFSET:LENGTH in bytes, such as 0:1024, or OFFSET: for all that follows.");
  return { offset: Number(offset), ...(length === undefined ? {} : { length: Number(length) }) };
};
