import type { IModuleGrants } from "@keyquorum/bindings/policies";
import { type DocumentId, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { inBatches } from "./batches.ts";
import { bookAddress, bookOf, connectBook } from "./book.ts";
import { moduleHashOf } from "./moduleHash.ts";
import { ownSecrets } from "./ownSecrets.ts";
import { ownAddress, secretOf } from "./secretOf.ts";

type Arguments = CommonArguments & {
  readonly name: string | undefined;
  readonly privateName: string | undefined;
  readonly module: string | undefined;
  readonly runner: string | undefined;
  readonly grants: string | undefined;
  readonly all: boolean;
};

/** Takes a secret away from a runner for a module, from a runner or a module altogether, or from all; without a name, every secret of the account. */
export default command<Arguments>(async (args, context) => {
  const { module, runner, all } = args;
  if (all === (module !== undefined || runner !== undefined))
    throw new UsageError("Say whose access to revoke: --module FILE, --runner ADDRESS, both, or --all.");
  const hash = module === undefined ? undefined : await moduleHashOf("--module", module, context.blobs, context.signal);
  const account = runner === undefined ? undefined : parseArgument("--runner", runner, parseAddress);
  const { book, chosen: secrets } = await chosen(args, context);
  if (secrets.length === 0) throw new UsageError("This account has no secret.");
  if (hash !== undefined && account !== undefined && secrets.length > 1)
    throw new UsageError("To revoke one runner for one module, name the secret.");
  const batches = inBatches(secrets, ({ grants }) => ({ all: grants, changed: grants }));
  for (const [index, batch] of batches.entries()) {
    if (batches.length > 1) context.terminal.progress(`Part ${index + 1} of ${batches.length}; the same command continues after a failure`);
    const documents = batch.map(({ document }) => document);
    const [document] = documents;
    if (hash !== undefined && account !== undefined && document !== undefined) await context.transact(book.revoke(document, hash, account));
    else if (hash !== undefined) await context.transact(book.revokeModule(documents, hash));
    else if (account !== undefined) await context.transact(book.revokeRunner(documents, account));
    else await context.transact(book.revokeAll(documents));
  }
  const documents = secrets.map(({ document }) => document);
  context.terminal.print(
    `Revoked for ${documents.length === 1 ? "one secret" : `${documents.length} secrets`}. Keepers deny from their next look on.`,
  );
  return { documents, module: hash ?? null, runner: account ?? null };
});

/** The secret of the name, else each of the account's that somebody may have; with the number of its grants. */
const chosen = async (
  { name, privateName, grants }: Arguments,
  context: TaskContext,
): Promise<{ readonly book: IModuleGrants; readonly chosen: readonly { readonly document: DocumentId; readonly grants: number }[] }> => {
  if (name !== undefined) {
    const { document } = await secretOf({ name, privateName }, context);
    return { book: await bookOf(context, document), chosen: [{ document, grants: 1 }] };
  }
  const book = await connectBook(await bookAddress(context, grants), (await context.signing()).signer);
  const secrets = (await ownSecrets(context, book, await ownAddress(context))).filter((secret) => secret.grants.length > 0);
  return { book, chosen: secrets.map(({ summary, grants: given }) => ({ document: summary.document, grants: given.length })) };
};
