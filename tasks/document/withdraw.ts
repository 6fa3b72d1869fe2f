import { parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument, parseCount } from "../parse.ts";

/** Withdraws a version permanently. */
export const withdraw = async (
  args: CommonArguments & { readonly document: string; readonly number: string },
  context: TaskContext,
): Promise<unknown> => {
  const document = parseArgument("document", args.document, parseDocumentId);
  const version = parseCount("number", args.number, 1);
  const client = await context.client({ signs: true });
  const transaction = await client.withdraw(document, version, { signal: context.signal });
  context.terminal.print(
    `Version ${version} of ${document} is withdrawn permanently: keepers no longer serve it. Earlier reads cannot be undone.`,
  );
  return { document, version, transaction };
};

export default command(withdraw);
