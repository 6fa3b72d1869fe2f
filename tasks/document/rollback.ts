import { parseDocumentId } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument, parseCount } from "../parse.ts";

/** Chooses the version that readers get by default; 0 is the newest. */
export const rollBack = async (
  args: CommonArguments & { readonly document: string; readonly number: string },
  context: TaskContext,
): Promise<unknown> => {
  const document = parseArgument("document", args.document, parseDocumentId);
  const version = parseCount("number", args.number, 0);
  const client = await context.client({ signs: true });
  const transaction = await client.rollBack(document, version, { signal: context.signal });
  context.terminal.print(
    `${version === 0 ? "The newest version" : `Version ${version}`} of ${document} is what readers get by default. Others stay readable by their number.`,
  );
  return { document, version, transaction };
};

export default command(rollBack);
