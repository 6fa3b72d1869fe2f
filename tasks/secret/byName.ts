import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { type SecretArguments, secretOf } from "./secretOf.ts";

/** A command for a document, for the secret of a name: secrets are documents. */
export const byName = <A extends CommonArguments & { readonly document: string }>(
  run: (args: A, context: TaskContext) => Promise<unknown>,
) =>
  command<Omit<A, "document"> & CommonArguments & SecretArguments>(async (args, context) => {
    const { document } = await secretOf(args, context);
    return run({ ...args, document } as unknown as A, context); // true: A is the rest and the document
  });
