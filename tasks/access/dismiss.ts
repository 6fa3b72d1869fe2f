import { checksumAddress, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

/** Dismisses an administrator; the grants that it made stop counting. */
export default command<CommonArguments & { readonly document: string; readonly who: string }>(async (args, context) => {
  const { terminal, signal } = context;
  const document = parseArgument("document", args.document, parseDocumentId);
  const account = parseArgument("who", args.who, parseAddress);
  const client = await context.client({ signs: true });
  const transaction = await client.dismiss(document, account, { signal });
  terminal.print(`${checksumAddress(account)} is not an administrator of ${document} any more, and the grants that it made count no more.`);
  return { document, account, transaction };
});
