import type { TransactionSummary } from "@keyquorum/client";
import { checksumAddress, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { command } from "./command.ts";
import type { CommonArguments } from "./options.ts";
import { parseArgument } from "./parse.ts";
import { inBatches, READERS_PER_TRANSACTION, readReadersFile } from "./readersFile.ts";
import { UsageError } from "./usageError.ts";

type Arguments = CommonArguments & { readonly document: string; readonly reader: string | undefined; readonly readers: string | undefined };

/** Revokes the permission of one or more readers. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  const document = parseArgument("document", args.document, parseDocumentId);
  if ((args.reader === undefined) === (args.readers === undefined))
    throw new UsageError("Name one reader, or a file of readers with --readers FILE.");
  if (args.readers !== undefined) {
    const readers = (await readReadersFile(args.readers, new Date())).map(({ reader }) => reader);
    const client = await context.client({ signs: true });
    const transactions: TransactionSummary[] = [];
    for (const batch of inBatches(readers, READERS_PER_TRANSACTION)) {
      transactions.push(await client.revokeMany(document, batch, { signal }));
      terminal.progress(
        `${Math.min(transactions.length * READERS_PER_TRANSACTION, readers.length)} of ${readers.length} readers are revoked`,
      );
    }
    terminal.print(`${readers.length} readers may no longer read ${document}. What was read before stays read.`);
    return { document, readers, transactions };
  }
  const reader = parseArgument("reader", args.reader ?? "", parseAddress);
  const client = await context.client({ signs: true });
  const transaction = await client.revoke(document, reader, { signal });
  terminal.print(`${checksumAddress(reader)} may no longer read ${document}. What was read before stays read.`);
  return { document, reader, transaction };
});
