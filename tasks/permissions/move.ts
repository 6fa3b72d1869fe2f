import { checksumAddress, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

/** Moves a document to another permissions contract. Its owner only. */
export default command<CommonArguments & { readonly document: string; readonly permissions: string }>(async (args, context) => {
  const { terminal, signal } = context;
  const document = parseArgument("document", args.document, parseDocumentId);
  const permissions = parseArgument("permissions", args.permissions, parseAddress);
  const client = await context.client({ signs: true });
  const transaction = await client.movePermissions(document, permissions, { signal });
  terminal.print(`${checksumAddress(permissions)} decides from now on who may read ${document}. Grants made elsewhere no longer count.`);
  return { document, permissions, transaction };
});
