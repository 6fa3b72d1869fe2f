import { command } from "../command.ts";
import type { CommonArguments } from "../options.ts";
import { UsageError } from "../usageError.ts";
import { bookOf } from "./book.ts";
import { type GrantArguments, grantsIn, sendGrants } from "./grantArguments.ts";
import { type SecretArguments, secretOf } from "./secretOf.ts";

/** Grants a secret to runners for a module. Granted again, only the end changes. */
export default command<CommonArguments & SecretArguments & GrantArguments>(async (args, context) => {
  const grants = await grantsIn(args, context);
  if (grants.length === 0) throw new UsageError("Name the module and the runners: --module FILE --runner ADDRESS.");
  const { name, document } = await secretOf(args, context);
  await sendGrants(context, { book: await bookOf(context, document), documents: [document], grants });
  context.terminal.print("Keepers serve it when the grant's block is final.");
  return { name, document, grants };
});
