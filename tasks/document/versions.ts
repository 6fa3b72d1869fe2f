import { parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

/** Lists a document's versions, the newest first. */
export const versions = async (args: CommonArguments & { readonly document: string }, context: TaskContext): Promise<unknown> => {
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
};

export default command(versions);
