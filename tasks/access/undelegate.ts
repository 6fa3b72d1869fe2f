import { checksumAddress, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

/** Ends a delegation. */
export default command<CommonArguments & { readonly document: string; readonly who: string }>(async (args, context) => {
  const { terminal, signal } = context;
  const document = parseArgument("document", args.document, parseDocumentId);
  const account = parseArgument("who", args.who, parseAddress);
  const client = await context.client({ signs: true });
  const transaction = await client.endDelegation(document, account, { signal });
  terminal.print(`The delegation to ${checksumAddress(account)} has ended.`);
  return { document, account, transaction };
});
