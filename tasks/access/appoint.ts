import { checksumAddress, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

/** Appoints an administrator, who can grant and revoke for the owner. */
export default command<CommonArguments & { readonly document: string; readonly who: string }>(async (args, context) => {
  const { terminal, signal } = context;
  const document = parseArgument("document", args.document, parseDocumentId);
  const account = parseArgument("who", args.who, parseAddress);
  const client = await context.client({ signs: true });
  const transaction = await client.appoint(document, account, { signal });
  terminal.print(`${checksumAddress(account)} may grant and revoke ${document}. It may not read by that.`);
  return { document, account, transaction };
});
