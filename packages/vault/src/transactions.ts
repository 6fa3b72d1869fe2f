import { AsyncLocalStorage } from "node:async_hooks";
import { type Kysely, sql } from "kysely";
import type { VaultSchema } from "./database/schema.ts";
import { VaultError } from "./errors.ts";
import { createStores } from "./stores/allStores.ts";
import type { StoreContext } from "./stores/context.ts";
import type { VaultStores } from "./stores/types.ts";

/** One transaction at a time, over one connection; the next one waits. */
export type Transactions = {
  /** Stores whose every call is a transaction of its own. */
  readonly stores: VaultStores;
  /**
   * Durable when it resolves, nothing of it when it rejects; only an erasure whose compaction failed rejects although the secret's row is
   * gone. It is compacted when the vault is opened again.
   */
  transact<Result>(work: (tx: VaultStores, db: Kysely<VaultSchema>) => Promise<Result>): Promise<Result>;
  /** Removes deleted secrets from the file and its write-ahead log, if any are still there. */
  compact(): Promise<void>;
  /** Waits for the open transaction, then refuses all others. */
  end(): Promise<void>;
};

export const createTransactions = ({
  db,
  sealer,
  damage,
  clock,
}: Omit<StoreContext, "run" | "noteErased"> & { readonly db: Kysely<VaultSchema> }): Transactions => {
  const inside = new AsyncLocalStorage<true>();
  let isEnded = false;
  // Of the one open transaction.
  let hasErased = false;
  const noteErased = () => {
    hasErased = true;
  };

  const assertUsable = () => {
    if (isEnded) throw new VaultError("VAULT_MISUSED", "The vault is closed.");
    if (inside.getStore()) throw new VaultError("VAULT_MISUSED", "A transaction of this vault is open here: use its `tx`, not the vault.");
  };

  const compact = async () => {
    const due = await db.selectFrom("compaction").select("id").executeTakeFirst();
    if (due === undefined) return;
    // Neither can run inside a transaction. VACUUM rewrites the file; truncating drops the old pages from the write-ahead log.
    await sql`VACUUM`.execute(db);
    await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db);
    await db.deleteFrom("compaction").execute();
  };

  const transact = async <Result>(work: (trx: Kysely<VaultSchema>) => Promise<Result>): Promise<Result> => {
    assertUsable();
    const { result, isCompactionDue } = await inside.run(true, () =>
      db.transaction().execute(async (trx) => {
        if (isEnded) throw new VaultError("VAULT_MISUSED", "The vault is closed.");
        hasErased = false;
        return { result: await work(trx), isCompactionDue: hasErased };
      }),
    );
    if (isCompactionDue) await compact();
    return result;
  };

  const contextOf = (run: StoreContext["run"]): StoreContext => ({ run, noteErased, sealer, damage, clock });
  return {
    stores: createStores(contextOf(transact)),
    transact: (work) => transact((trx) => work(createStores(contextOf((step) => step(trx))), trx)),
    compact,
    end: async () => {
      assertUsable();
      isEnded = true;
      await db.connection().execute(async () => undefined);
    },
  };
};
