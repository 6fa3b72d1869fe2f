import type { IModuleGrants } from "@keyquorum/bindings/policies";
import type { DocumentSummary } from "@keyquorum/client";
import type { Address } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";

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
  const client = await context.client({ signs: false });
  const address = (await book.getAddress()).toLowerCase();
  const documents = await client.listDocuments({ owner, limit: MOST, withContent: true, signal: context.signal });
  const secrets: OwnSecret[] = [];
  for (const summary of documents.filter(({ permissions }) => permissions === address)) {
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
