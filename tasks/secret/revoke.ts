import type { IModuleGrants } from "@keyquorum/bindings/policies";
import { checksumAddress, type DocumentId, parseAddress } from "@keyquorum/wire";
import { command } from "../command.ts";
import type { TaskContext } from "../context.ts";
import type { CommonArguments } from "../options.ts";
import { parseArgument } from "../parse.ts";
import { UsageError } from "../usageError.ts";
import { inBatches } from "./batches.ts";
import { bookOf, connectBook } from "./book.ts";
import { moduleHashOf } from "./moduleHash.ts";
import { ownSecretsOfAllBooks } from "./ownSecrets.ts";
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
  const books = await chosen(args, context);
  const secrets = books.flatMap((one) => one.chosen);
  if (secrets.length === 0) throw new UsageError("This account has no secret that somebody may have.");
  if (hash !== undefined && account !== undefined && secrets.length > 1)
    throw new UsageError("To revoke one runner for one module, name the secret.");
  const batches = books.flatMap(({ book, chosen: own }) =>
    inBatches(own, ({ grants }) => ({ all: grants, changed: grants })).map((batch) => ({ book, batch })),
  );
  for (const [index, { book, batch }] of batches.entries()) {
    if (batches.length > 1) context.terminal.progress(`Part ${index + 1} of ${batches.length}; the same command continues after a failure`);
    const documents = batch.map(({ document }) => document);
    const [document] = documents;
    if (hash !== undefined && account !== undefined && document !== undefined) await context.transact(book.revoke(document, hash, account));
    else if (hash !== undefined) await context.transact(book.revokeModule(documents, hash));
    else if (account !== undefined) await context.transact(book.revokeRunner(documents, account));
    else await context.transact(book.revokeAll(documents));
  }
  const documents = secrets.map(({ document }) => document);
  const where = books.length === 1 ? "" : `, in ${books.length} ModuleGrants contracts`;
  context.terminal.print(
    `Revoked for ${documents.length === 1 ? "one secret" : `${documents.length} secrets`}${where}. Keepers deny from their next look on.`,
  );
  return { documents, module: hash ?? null, runner: account ?? null };
});

type Chosen = { readonly book: IModuleGrants; readonly chosen: readonly { readonly document: DocumentId; readonly grants: number }[] };

/** The secret of the name, else each of the account's that somebody may have, in every book, or in that of --grants; with the number of its grants. */
const chosen = async ({ name, privateName, grants }: Arguments, context: TaskContext): Promise<readonly Chosen[]> => {
  if (name !== undefined) {
    const { document } = await secretOf({ name, privateName }, context);
    return [{ book: await bookOf(context, document), chosen: [{ document, grants: 1 }] }];
  }
  const { signer } = await context.signing();
  const only = grants === undefined ? undefined : parseArgument("--grants", grants, parseAddress);
  const { books, others } = await ownSecretsOfAllBooks(context, await ownAddress(context), (address) => connectBook(address, signer));
  if (others.length > 0)
    context.terminal.print(
      `${others.length} of the account's documents are under other permissions contracts, and stay as they are: ${[...new Set(others.map(({ permissions }) => permissions))].join(", ")}`,
    );
  const found: Chosen[] = [];
  for (const { book, secrets } of books) {
    const address = (await book.getAddress()).toLowerCase();
    const own = secrets.filter((secret) => secret.grants.length > 0);
    if (own.length === 0) continue;
    if (only === undefined || only === address)
      found.push({ book, chosen: own.map(({ summary, grants: given }) => ({ document: summary.document, grants: given.length })) });
    else
      context.terminal.print(
        `${own.length} secrets of ${checksumAddress(parseAddress(address))} stay as they are: --grants names another.`,
      );
  }
  return found;
};
