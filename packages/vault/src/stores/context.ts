import type { Kysely } from "kysely";
import type { VaultSchema } from "../database/schema.ts";
import type { Sealer } from "../sealing/sealer.ts";

/** What a store works with: either the vault, where every call is a transaction of its own, or one open transaction. */
export type StoreContext = {
  run<Result>(work: (db: Kysely<VaultSchema>) => Promise<Result>): Promise<Result>;
  /** Deletes secrets for good: the file is compacted after this transaction. */
  readonly noteErased: () => void;
  readonly sealer: Sealer;
  readonly clock: () => number;
};
