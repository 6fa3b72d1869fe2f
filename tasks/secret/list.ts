import { parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { bookAddress, connectBook } from "./book.ts";
import { ownSecrets } from "./ownSecrets.ts";
import { ownAddress } from "./secretOf.ts";

type Arguments = CommonArguments & { readonly owner: string | undefined; readonly grants: string | undefined };

/** Lists the secrets of an owner, and who may have them for which module. Values are not in it. */
export default command<Arguments>(async (args, context) => {
  const { terminal } = context;
  const owner = args.owner === undefined ? await ownAddress(context) : parseArgument("--owner", args.owner, parseAddress);
  const book = await connectBook(await bookAddress(context, args.grants), (await context.connection()).provider);
  const secrets = await ownSecrets(context, book, owner);
  if (secrets.length === 0) terminal.print("There is no secret yet: npx hardhat keyquorum secret put NAME --stdin");
  const now = BigInt(Math.floor(Date.now() / 1000));
  const rows = secrets.flatMap(({ name, summary, grants }) => {
    const version = `${summary.version}${summary.withdrawn ? " (withdrawn)" : ""}`;
    const first = [name ?? "(private)", summary.document, version] as const;
    if (grants.length === 0) return [[...first, "nobody", "", ""]];
    return grants.map(({ module, runner, until }, index) => [
      ...(index === 0 ? first : ["", "", ""]),
      ...[runner, module, `${new Date(Number(until) * 1000).toISOString()}${until > now ? "" : " (ended)"}`],
    ]);
  });
  if (rows.length > 0) terminal.table(["NAME", "DOCUMENT", "VERSION", "RUNNER", "MODULE", "UNTIL"], rows);
  return secrets.map(({ name, summary, grants }) => ({
    ...{ name: name ?? null, document: summary.document, version: summary.version, latestVersion: summary.latestVersion },
    ...{ withdrawn: summary.withdrawn, grants },
  }));
});
