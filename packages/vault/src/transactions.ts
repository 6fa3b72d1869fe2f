import { AsyncLocalStorage } from "node:async_hooks";
import type { Kysely, KyselyPlugin } from "kysely";
import { createCommitQueue, type Queued } from "./commits/commitQueue.ts";
import { commitTogether, type Writer } from "./commits/sharedCommit.ts";
import { withinLimit } from "./commits/timeLimit.ts";
import type { Compaction } from "./compaction/compaction.ts";
import type { VaultFile } from "./database/nodeSqlite.ts";
import type { VaultReader } from "./database/reader.ts";
import type { VaultSchema } from "./database/schema.ts";
import { VaultError } from "./errors.ts";
import { createRollBook, type OpenRoll, type RollReader, storedRoll } from "./sealing/roll.ts";
import { createErasing } from "./secrets/erasing.ts";
import { createSecretsBook, type OpenSecrets, type SecretsBook } from "./secrets/secretsBook.ts";
import type { SecretsFile } from "./secrets/secretsFile.ts";
import type { SecretsState } from "./secrets/secretsState.ts";
import { createStores } from "./stores/allStores.ts";
import type { StoreContext } from "./stores/context.ts";
import { createExtensionUsage, type Usage } from "./stores/extensionUsage.ts";
import { EXTENSION_KIND } from "./stores/sealedTables.ts";
import type { VaultStores } from "./stores/types/vaultStores.ts";

/** One transaction at a time, over one connection; the next one waits. Brief ones that wait together share one. */
export type Transactions = {
  /** Stores whose every call is durable when it resolves, and nothing where it rejects. */
  readonly stores: VaultStores;
  /**
   * Durable when it resolves, nothing of it when it rejects; only an erasure whose compaction failed rejects although the secret is no longer
   * the vault's. It is finished by the next erasure, or when the vault is opened again.
   */
  transact<Result>(work: (tx: VaultStores, db: Kysely<VaultSchema>) => Promise<Result>, options?: TransactionOptions): Promise<Result>;
  /** The roll as the open transaction sees it. */
  readonly roll: RollReader;
  readonly secrets: Pick<SecretsBook, "isLeftOver">;
  /** Deletes from the file of secrets what was replaced. Call it in a transaction. */
  eraseReplaced(): Promise<void>;
  /** Waits for the open transaction, then refuses all others. */
  end(): Promise<void>;
};

export type TransactionOptions = {
  /** The work waits for nothing but its `tx`: it may share its commit, and the one fsync, with others that wait. */
  readonly brief?: boolean;
};

/** A transaction that is not over after this long is taken back. */
export const TRANSACTION_MILLISECONDS = 30_000;

type Work = (db: Kysely<VaultSchema>, isOver: () => boolean) => Promise<unknown>;

export const createTransactions = ({
  file,
  reader,
  secretsFile,
  state,
  compact,
  sealer,
  damage,
  clock,
  limitMilliseconds = TRANSACTION_MILLISECONDS,
  extensionQuota,
}: Pick<StoreContext, "sealer" | "damage" | "clock"> & {
  readonly file: VaultFile;
  readonly reader: VaultReader;
  readonly secretsFile: SecretsFile;
  readonly state: SecretsState;
  /** Removes what was erased from its file and that file's log. */
  readonly compact: Compaction;
  readonly limitMilliseconds?: number | undefined;
  readonly extensionQuota?: Usage | undefined;
}): Transactions => {
  const inside = new AsyncLocalStorage<true>();
  const roll = createRollBook(sealer);
  const usage = createExtensionUsage(EXTENSION_KIND, extensionQuota);
  let isEnded = false;
  // Of the writer whose turn it is.
  let hasErased = false;
  const noteErased = () => {
    hasErased = true;
  };
  let changesBefore = 0;

  const queue = createCommitQueue<Writer & Queued>({
    didWrite: () => file.changes() !== changesBefore,
    commit: async (together) => {
      try {
        return await commitAndErase(together);
      } catch (error) {
        for (const { fail } of together) fail(error); // the file was closed; who was told already stays so
        return [];
      }
    },
  });
  const secrets = createSecretsBook({ file: secretsFile, sealer, state, untilFree: () => erasing.idle() });
  const erasing = createErasing({
    book: secrets,
    compact,
    onErased: () => sealErased(),
  });
  /** The roll forgets what is gone, so that a row that is back is told from one whose erasure was cut short. */
  const sealErased = (): void => {
    if (!secrets.isRollBehind()) return;
    queue.add({ isBrief: true, fail: () => undefined, write: async () => ({ hasErased: false, tell: () => undefined }) });
  };
  /** What is erased leaves its file afterwards, while the next ones commit. */
  const commitAndErase = async (together: readonly (Writer & Queued)[]): Promise<readonly (Writer & Queued)[]> => {
    changesBefore = file.changes();
    const { durable, left } = await commitTogether({ file, roll, secrets }, together);
    if (durable.length < together.length) usage.forget(); // something was taken back
    for (const { tell } of durable.filter((one) => !one.hasErased)) tell();
    erasing.add(durable.filter((one) => one.hasErased));
    return left;
  };

  const eraseReplaced = async (): Promise<void> => {
    await erasing.idle();
    secrets.erase();
  };

  const assertUsable = () => {
    if (isEnded) throw closed();
    if (inside.getStore()) throw new VaultError("VAULT_MISUSED", "A transaction of this vault is open here: use its `tx`, not the vault.");
  };

  const enqueue = async (work: Work, isBrief: boolean): Promise<unknown> => {
    assertUsable();
    return new Promise((resolve, reject) => {
      const asCaller = AsyncLocalStorage.snapshot();
      queue.add({
        isBrief,
        fail: reject,
        write: async (db) => {
          let isOver = false;
          hasErased = false;
          try {
            const result = await asCaller(() => inside.run(true, () => work(db.withPlugin(refusedWhen(() => isOver)), () => isOver)));
            return { hasErased, tell: () => resolve(result) };
          } catch (error) {
            usage.forget();
            throw error;
          } finally {
            isOver = true;
          }
        },
      });
    });
  };

  const run: StoreContext["run"] = <Result>(step: (db: Kysely<VaultSchema>) => Promise<Result>) => enqueue(step, true) as Promise<Result>; // true: it resolves to what the step does
  const asStored = storedRoll(sealer);
  const read: StoreContext["read"] = async (step) => {
    assertUsable();
    return reader.read((db) => step(db, asStored));
  };
  const transact: Transactions["transact"] = <Result>(
    work: (tx: VaultStores, db: Kysely<VaultSchema>) => Promise<Result>,
    { brief = false }: TransactionOptions = {},
  ) =>
    enqueue((db, isOver) => {
      const own = rollUntil(isOver, roll);
      const ownSecrets = secretsUntil(isOver, secrets);
      const stores = createStores({ ...context, roll: own, secrets: ownSecrets, run: (step) => step(db), read: (step) => step(db, own) });
      return withinLimit(work(stores, db), limitMilliseconds);
    }, brief) as Promise<Result>; // true: as above

  const context = { noteErased, sealer, roll, secrets, usage, damage, clock };
  return {
    stores: createStores({ ...context, run, read }),
    transact,
    roll,
    secrets,
    eraseReplaced,
    end: async () => {
      assertUsable();
      isEnded = true;
      for (const { fail } of queue.empty()) fail(closed());
      await queue.idle();
      await eraseReplaced();
      sealErased();
      await queue.idle();
      await reader.whileNobodyReads(async () => undefined);
    },
  };
};

/** A transaction's statements that come when it is over, or was given up, are none of the next one's. */
const refusedWhen = (isOver: () => boolean): KyselyPlugin => ({
  transformQuery: ({ node }) => {
    refuseWhen(isOver);
    return node;
  },
  transformResult: async ({ result }) => result,
});

/** Nor are its changes of the roll, which is in memory until it is sealed. */
const rollUntil = (isOver: () => boolean, { load, move }: OpenRoll): OpenRoll => ({
  load,
  move: async (db, change) => {
    refuseWhen(isOver);
    await move(db, change);
  },
});

/** Nor are secrets that it adds or removes. */
const secretsUntil = (isOver: () => boolean, { rowsOf, add, remove, held }: OpenSecrets): OpenSecrets => ({
  rowsOf,
  held,
  add: (row) => {
    refuseWhen(isOver);
    add(row);
  },
  remove: (name, isErasure) => {
    refuseWhen(isOver);
    return remove(name, isErasure);
  },
});

const refuseWhen = (isOver: () => boolean): void => {
  if (isOver()) throw new VaultError("VAULT_MISUSED", "This transaction is over: nothing can be written in it any more.");
};

const closed = (): VaultError => new VaultError("VAULT_MISUSED", "The vault is closed.");
