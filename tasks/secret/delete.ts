import { command } from "../command.ts";
import { deleteDocument } from "../document/delete.ts";
import type { CommonArguments } from "../options.ts";
import { UsageError } from "../usageError.ts";
import { bookOf } from "./book.ts";
import { type SecretArguments, secretOf } from "./secretOf.ts";

/** Revokes every grant, then deletes the document as far as that is possible. Repeatable after a failure. */
export default command<CommonArguments & SecretArguments & { readonly yes: boolean }>(async (args, context) => {
  if (!args.yes)
    throw new UsageError("This revokes all grants, withdraws all versions permanently and removes the ciphertexts. Confirm with --yes.");
  const { document } = await secretOf(args, context);
  const book = await bookOf(context, document);
  if ((await book.grantsOf(document)).length > 0) await context.transact(book.revokeAll([document]));
  return deleteDocument({ ...args, document, cids: undefined }, context);
});
