import { parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

/** Lists a document's versions, the newest first. */
export default command<CommonArguments & { readonly document: string }>(async (args, context) => {
  const document = parseArgument("document", args.document, parseDocumentId);
  const client = await context.client({ signs: false });
  const versions = await client.versions(document, { signal: context.signal });
  context.terminal.table(
    ["VERSION", "PUBLISHED", "BLOCK", "STATE", "CID"],
    versions.map(({ version, publishedAt, blockNumber, withdrawn, current, cid }) => [
      String(version),
      new Date(publishedAt * 1000).toISOString(),
      String(blockNumber),
      withdrawn ? "withdrawn" : current ? "current" : "",
      cid ?? "no content id",
    ]),
  );
  return versions;
});
