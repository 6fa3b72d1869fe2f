import { checksumAddress, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

/** Invalidates the signed grants for a reader that were not submitted yet. */
export default command<CommonArguments & { readonly document: string; readonly reader: string }>(async (args, context) => {
  const { terminal, signal } = context;
  const document = parseArgument("document", args.document, parseDocumentId);
  const reader = parseArgument("reader", args.reader, parseAddress);
  const client = await context.client({ signs: true });
  const transaction = await client.cancelSignedGrants(document, reader, { signal });
  terminal.print(`Signed grants for ${checksumAddress(reader)} that were not submitted are now invalid.`);
  return { document, reader, transaction };
});
