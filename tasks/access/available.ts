import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument, parseCount } from "../parse.ts";

/** Lists the documents that an account may read now. */
export default command<CommonArguments & { readonly user: string | undefined; readonly limit: string | undefined }>(
  async (args, context) => {
    const { terminal, signal } = context;
    const user = args.user === undefined ? undefined : parseArgument("--user", args.user, parseAddress);
    const client = await context.client({ signs: user === undefined });
    const limit = args.limit === undefined ? {} : { limit: parseCount("--limit", args.limit, 1) };
    const found = await client.availableDocuments(user, { signal, ...limit });
    if (found.documents.length === 0) terminal.print("There is none.");
    else
      terminal.table(
        ["DOCUMENT", "VERSION", "OWNER", "PERMISSIONS"],
        found.documents.map(({ document, published, owner, permissions }) => [
          document,
          published === undefined ? "(not published)" : String(published.version),
          checksumAddress(owner),
          checksumAddress(permissions),
        ]),
      );
    if (found.next !== undefined) terminal.print("There are more: raise --limit.");
    return found;
  },
);
