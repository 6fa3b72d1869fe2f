import type { IModuleGrants } from "@keyquorum/bindings/policies";
import type { DocumentSummary } from "@keyquorum/client";
import type { Address } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { UsageError } from "../usageError.ts";

/** Documents of one owner that are looked at, at most. */
const MOST = 10_000;

export type OwnSecret = {
  /** As the author shows it; undefined where the name is private, or the ciphertext is not in the store. */
  readonly name: string | undefined;
  readonly summary: DocumentSummary;
  readonly grants: readonly { readonly module: string; readonly runner: string; readonly until: bigint }[];
};

/** The owner's published secrets: the documents about which this book decides. */
export const ownSecrets = async (context: TaskContext, book: IModuleGrants, owner: Address): Promise<readonly OwnSecret[]> => {
  const address = (await book.getAddress()).toLowerCase();
  return secretsIn(
    book,
    (await documentsOf(context, owner)).filter(({ permissions }) => permissions === address),
  );
};

/** Secrets of one owner under one book. */
export type SecretsOfBook = { readonly book: IModuleGrants; readonly secrets: readonly OwnSecret[] };

/**
 * The owner's published secrets under every book, not the recorded one alone: a book that was deployed or named earlier goes on deciding.
 * @param connect the book at an address; throws UsageError where there is none
 */
export const ownSecretsOfAllBooks = async (
  context: Pick<TaskContext, "client" | "signal">,
  owner: Address,
  connect: (address: Address) => Promise<IModuleGrants>,
): Promise<{ readonly books: readonly SecretsOfBook[]; readonly others: readonly DocumentSummary[] }> => {
  const byAddress = Map.groupBy(await documentsOf(context, owner), ({ permissions }) => permissions);
  const books: SecretsOfBook[] = [];
  const others: DocumentSummary[] = [];
  for (const [address, documents] of byAddress) {
    const book = await connect(address).catch((error: unknown) => {
      if (error instanceof UsageError) return undefined;
      throw error;
    });
    if (book === undefined) others.push(...documents);
    else books.push({ book, secrets: await secretsIn(book, documents) });
  }
  return { books, others };
};

const documentsOf = async (context: Pick<TaskContext, "client" | "signal">, owner: Address): Promise<readonly DocumentSummary[]> => {
  const client = await context.client({ signs: false });
  return client.listDocuments({ owner, limit: MOST, withContent: true, signal: context.signal });
};

const secretsIn = async (book: IModuleGrants, documents: readonly DocumentSummary[]): Promise<readonly OwnSecret[]> => {
  const secrets: OwnSecret[] = [];
  for (const summary of documents) {
    const { stored } = summary;
    const grants = (await book.grantsOf(summary.document)).map(({ module, runner, until }) => ({
      module,
      runner: runner.toLowerCase(),
      until,
    }));
    secrets.push({ name: stored?.isThere === true ? stored.publicMetadata?.name : undefined, summary, grants });
  }
  return secrets;
};
