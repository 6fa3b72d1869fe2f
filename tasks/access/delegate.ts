import { checksumAddress, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument, parseUntil } from "../parse.ts";

type Arguments = CommonArguments & { readonly document: string; readonly who: string; readonly until: string | undefined };

/** Delegates a reader's own permission to another account, which cannot delegate it further. */
export default command<Arguments>(async (args, context) => {
  const { terminal, signal } = context;
  const document = parseArgument("document", args.document, parseDocumentId);
  const account = parseArgument("who", args.who, parseAddress);
  const until = args.until === undefined ? undefined : parseUntil(args.until, new Date());
  const client = await context.client({ signs: true });
  const transaction = await client.delegate(document, account, { signal, ...(until === undefined ? {} : { until }) });
  terminal.print(
    `${checksumAddress(account)} may read ${document} as long as you may${until === undefined ? "" : `, until ${until.toISOString()}`}.`,
  );
  return { document, account, until: until?.toISOString() ?? null, transaction };
});
