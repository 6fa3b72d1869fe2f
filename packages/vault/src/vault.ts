import { resolve } from "node:path";
import type { Address } from "@keyquorum/wire";
import { createCompaction, recordsReadElsewhere } from "./compaction/compaction.ts";
import { createDamageBook, type Damage, type DamageBook } from "./damage.ts";
import { assertFiles, assertRecords, createFiles, recordsLost, secretsInTheWay, unfinished, vaultFiles } from "./database/files.ts";
import { hasSchema } from "./database/migrations.ts";
import { type Durability, readDurability } from "./database/nodeSqlite.ts";
import { type OpenFiles, openFiles } from "./database/openFiles.ts";
import { openReader } from "./database/reader.ts";
import { holdWriterLock } from "./database/writerLock.ts";
import { VaultError } from "./errors.ts";
import { formerOperatorsOf } from "./formerOperators.ts";
import { loadSealer, saveSealer } from "./kekRecord.ts";
import type { KeyEncryptionKey } from "./keyEncryptionKey.ts";
import { assertPin, savePin, type VaultPin } from "./pin.ts";
import { createScrub, type ScrubStep } from "./scrub.ts";
import { createRollBook } from "./sealing/roll.ts";
import type { Sealer } from "./sealing/sealer.ts";
import { createSecretsBook } from "./secrets/secretsBook.ts";
import { type Settled, settleSecrets } from "./secrets/settleSecrets.ts";
import { createExtensionUsage, type Usage } from "./stores/extensionUsage.ts";
import { createFollowerCursor } from "./stores/follower.ts";
import { createOwnSecretStore } from "./stores/ownSecrets.ts";
import { EXTENSION_KIND } from "./stores/sealedTables.ts";
import type { FollowerCursor } from "./stores/types/follower.ts";
import type { FollowerName } from "./stores/types/logs.ts";
import type { OwnSecretName } from "./stores/types/secrets.ts";
import type { VaultStores } from "./stores/types/vaultStores.ts";
import { createTransactions, type TransactionOptions } from "./transactions.ts";
import { createSchema, migrateVault } from "./upgrades/migrateVault.ts";

export type VaultOptions = {
  /** 0700; holds vault.sqlite, secrets.sqlite and writer.lock. */
  readonly directory: string;
  readonly keyEncryptionKey: KeyEncryptionKey;
  readonly pin: VaultPin;
  /** Same as RandomSource of @keyquorum/threshold. */
  readonly random: (length: number) => Uint8Array;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A transaction that is not over after this long is taken back: 30,000 where it is left out. */
  readonly transactionMilliseconds?: number;
  /** What each extension may hold in its sealed tables: 20,000 rows and 64 MiB of values where it is left out. */
  readonly extensionQuota?: Usage | undefined;
};

/** Secrets that a new vault holds from its first moment. */
export type NewVaultSecrets = Readonly<Partial<Record<OwnSecretName, Uint8Array>>>;

/** What a keeper must not lose. One process at a time. */
export type Vault = VaultStores & {
  readonly directory: string;
  readonly pin: VaultPin;
  /** Operators that the vault was bound to before, oldest first. */
  readonly formerOperators: readonly Address[];
  /**
   * All or nothing, durable when it resolves. Inside, use `tx` only: the vault itself throws VAULT_MISUSED. Work that is not over after 30 s is taken
   * back, with VAULT_TIMEOUT. `brief`: it waits for nothing but `tx`, and shares its commit and the one fsync with others that wait, as all calls of
   * stores do; what one of them throws fails it alone.
   */
  transaction<Result>(work: (tx: VaultStores) => Promise<Result>, options?: TransactionOptions): Promise<Result>;
  /** The store that a follower of @keyquorum/chain takes: the keeper's own, or one that an extension named for other contracts. */
  follower<State>(name?: FollowerName): FollowerCursor<State>;
  /** Looks at the next records of the file, at most so many, and notes which are damaged; goes round and round. */
  scrub(limit: number): Promise<ScrubStep>;
  /** Records that are known to be damaged and were not healed since. */
  damage(): readonly Damage[];
  /** Settings that durability depends on, read back from SQLite. */
  durability(): Promise<Durability>;
  close(): Promise<void>;
};

const NONCE_KEY_BYTES = 32;

/**
 * Opens an existing vault. Throws VAULT_MISSING, VAULT_PERMISSIONS, VAULT_LOCKED (also while another program keeps what an upgrade took out of the records from
 * leaving their log), VAULT_NEWER, VAULT_FOREIGN, VAULT_WRONG_KEY,
 * VAULT_TAMPERED or VAULT_UNSAFE.
 */
export const openVault = async (options: VaultOptions): Promise<Vault> => {
  const directory = resolve(options.directory);
  assertFiles(directory);
  assertRecords(directory);
  return openWith(directory, options, async ({ records, secrets, recordsPath }) => {
    const { db } = records;
    if (!(await hasSchema(db))) throw secrets.isUnfinished() ? unfinished(directory) : recordsLost(directory);
    const sealer = await db.transaction().execute((trx) => {
      const load = async (): Promise<Sealer> => {
        await assertPin(trx, options.pin);
        return loadSealer(trx, options);
      };
      return migrateVault(trx, { now: options.clock(), load, secrets, recordsPath });
    });
    return { sealer, ...(await settleSecrets(db, { sealer, secrets })) };
  });
};

/**
 * Makes a new vault, with these secrets in it from its first moment, and opens it. A nonce key is drawn when none is given.
 * Throws VAULT_EXISTS when the directory is not empty, or holds secrets of a vault whose records are lost.
 */
export const createVault = async (options: VaultOptions & { readonly secrets?: NewVaultSecrets }): Promise<Vault> => {
  const directory = resolve(options.directory);
  createFiles(directory);
  return openWith(directory, options, async ({ records, secrets }, damage) => {
    const { db } = records;
    if (await hasSchema(db)) throw new VaultError("VAULT_EXISTS", `There is a vault in ${directory} already.`, { directory });
    if (!secrets.isUnfinished()) throw secretsInTheWay(directory);
    secrets.clear(); // of one that was never finished
    // One transaction: a crash leaves either no vault or a whole one.
    const sealer = await db.transaction().execute(async (trx) => {
      const sealer = await createSchema(trx, options.clock(), async () => {
        await savePin(trx, options.pin);
        return saveSealer(trx, options);
      });
      const given = { nonce: options.random(NONCE_KEY_BYTES), ...options.secrets };
      const roll = createRollBook(sealer);
      const state = { written: 0, erased: 0, added: [] };
      const book = createSecretsBook({ file: secrets, sealer, state, untilFree: async () => undefined });
      const store = createOwnSecretStore({
        run: (work) => work(trx),
        read: (work) => work(trx, roll),
        noteErased: () => undefined,
        ...{ sealer, roll, secrets: book, usage: createExtensionUsage(EXTENSION_KIND), damage, clock: options.clock },
      });
      for (const name of ["identity", "operator", "nonce"] as const) {
        const secret = given[name];
        if (secret !== undefined) await store.save(name, secret);
      }
      await book.write(trx, roll);
      await roll.seal(trx);
      return sealer;
    });
    return { sealer, ...(await settleSecrets(db, { sealer, secrets })) };
  });
};

const openWith = async (
  directory: string,
  options: VaultOptions,
  prepare: (files: OpenFiles, damage: DamageBook) => Promise<Settled & { readonly sealer: Sealer }>,
): Promise<Vault> => {
  const lock = holdWriterLock(vaultFiles(directory).lock);
  try {
    const files = await openFiles(directory);
    const { db, raw } = files.records;
    // The one that only reads first: the last one that is closed empties the log into the file.
    const closers = [files.close];
    const closeFiles = async () => {
      for (const close of closers) await close();
    };
    try {
      const damage = createDamageBook();
      const { sealer, damaged, ...settled } = await prepare(files, damage);
      for (const one of damaged) damage.note(one);
      const compact = createCompaction(files.secrets.file);
      // What an earlier version left there: erasures reach the file of secrets alone, and would say that it is gone.
      if (!(await createCompaction(files.records)())) throw recordsReadElsewhere();
      await compact();
      const reader = openReader(files.recordsPath, files.records.guarded);
      closers.unshift(reader.close);
      const limitMilliseconds = options.transactionMilliseconds;
      const transactions = createTransactions({
        ...{ file: files.records, reader, secretsFile: files.secrets, ...settled, compact },
        ...{ sealer, damage, clock: options.clock, limitMilliseconds },
        extensionQuota: options.extensionQuota,
      });
      const scrub = createScrub({ sealer, roll: transactions.roll, secrets: files.secrets, book: transactions.secrets, damage });
      const vault: Vault = {
        ...transactions.stores,
        directory,
        pin: options.pin,
        formerOperators: await formerOperatorsOf(db, { sealer, damage }),
        transaction: (work, how) => transactions.transact((tx) => work(tx), how),
        follower: <State>(name?: FollowerName) => createFollowerCursor<State>(transactions.transact, { sealer, damage }, name),
        scrub: (limit) =>
          transactions.transact(async (_tx, trx) => {
            await transactions.eraseReplaced();
            for (const one of [raw, files.secrets.file.raw]) one.exec("PRAGMA shrink_memory"); // what is read is the file, not a page that was kept
            return scrub(trx, limit);
          }),
        damage: damage.all,
        durability: async () => readDurability(raw),
        close: async () => {
          await transactions.end();
          await closeFiles();
          lock.release();
        },
      };
      return vault;
    } catch (error) {
      await closeFiles();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
};
