import { checksumAddress, documentIdOf, parseAddress, parseHash32 } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";

/** Records the owner of an unpublished document, so that access to it can be granted. */
export default command<CommonArguments & { readonly salt: string; readonly owner: string | undefined }>(async (args, context) => {
  const { terminal, signal } = context;
  const salt = parseArgument("salt", args.salt, parseHash32);
  const client = await context.client({ signs: true });
  const owner = args.owner === undefined ? await client.address() : parseArgument("--owner", args.owner, parseAddress);
  const transaction = await client.claimFor(owner, salt, { signal });
  const document = documentIdOf(owner, salt);
  terminal.print(`${checksumAddress(owner)} is recorded as the owner of ${document}.`);
  return { document, owner, transaction };
});
