import { checksumAddress, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument, parseCount } from "../parse.ts";

/** Lists published documents, the newest first. */
export default command<CommonArguments & { readonly owner: string | undefined; readonly limit: number }>(async (args, context) => {
  const { terminal, signal } = context;
  const owner = args.owner === undefined ? undefined : parseArgument("--owner", args.owner, parseAddress);
  const client = await context.client({ signs: false });
  const documents = await client.listDocuments({
    limit: parseCount("--limit", args.limit, 1),
    signal,
    ...(owner === undefined ? {} : { owner }),
  });
  if (documents.length === 0) {
    terminal.print("No document is published yet: npx hardhat keyquorum document publish FILE");
    return documents;
  }
  terminal.table(
    ["DOCUMENT", "VERSION", "OWNER", "CID"],
    documents.map(({ document, version, owner: by, cid, withdrawn }) => [
      document,
      `${version}${withdrawn ? " (withdrawn)" : ""}`,
      checksumAddress(by),
      cid ?? "no content id",
    ]),
  );
  return documents;
});
