import { checksumAddress, parseAddress, parseDocumentId } from "@keyquorum/wire";
import { command } from "./command.ts";
import type { CommonArguments } from "./options.ts";
import { parseArgument, parseUntil } from "./parse.ts";

/** Lets a reader read a document. */
export default command<CommonArguments & { readonly document: string; readonly reader: string; readonly until: string | undefined }>(
  async (args, context) => {
    const { terminal, signal } = context;
    const document = parseArgument("document", args.document, parseDocumentId);
    const reader = parseArgument("reader", args.reader, parseAddress);
    const until = args.until === undefined ? undefined : parseUntil(args.until, new Date());
    const client = await context.client({ signs: true });
    const transaction = await client.grant(document, reader, { signal, ...(until === undefined ? {} : { until }) });
    terminal.print(`${checksumAddress(reader)} may read ${document}${until === undefined ? "" : ` until ${until.toISOString()}`}.`);
    terminal.print("Keepers serve it when the grant's block is final.");
    return { document, reader, until: until?.toISOString() ?? null, transaction };
  },
);
