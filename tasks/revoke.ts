import { checksumAddress, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { command } from "./command.ts";
import type { CommonArguments } from "./options.ts";
import { parseArgument } from "./parse.ts";

/** Takes a reader's permission away. */
export default command<CommonArguments & { readonly document: string; readonly reader: string }>(async (args, context) => {
  const { terminal, signal } = context;
  const document = parseArgument("document", args.document, parseDocumentId);
  const reader = parseArgument("reader", args.reader, parseAddress);
  const client = await context.client({ signs: true });
  const transaction = await client.revoke(document, reader, { signal });
  terminal.print(`${checksumAddress(reader)} may no longer read ${document}. What was read before stays read.`);
  return { document, reader, transaction };
});
