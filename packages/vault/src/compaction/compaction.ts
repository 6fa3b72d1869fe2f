import { sql } from "kysely";
import type { VaultFile } from "../database/nodeSqlite.ts";
import { VaultError } from "../errors.ts";
import { rewriteFile } from "./rewriteFile.ts";

/** Removes deleted secrets from the file and its write-ahead log, if any are still there. True: none is. */
export type Compaction = () => Promise<boolean>;

type OwnReads = { whileNobodyReads<Result>(work: () => Promise<Result>): Promise<Result> };

/**
 * The file is rewritten; truncating drops the old pages from the log. Neither can run inside a transaction, and the log is truncated only while nobody
 * reads: while another program does, what was erased stays due.
 */
export const createCompaction =
  (file: VaultFile, ownReads?: OwnReads): Compaction =>
  async () => {
    const { db } = file;
    const due = await db.selectFrom("compaction").select("id").executeTakeFirst();
    if (due === undefined) return true;
    await rewriteFile(file);
    const truncate = () => sql<{ readonly busy: number }>`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db);
    const { rows } = await (ownReads === undefined ? truncate() : ownReads.whileNobodyReads(truncate));
    if (rows[0]?.busy !== 0) return false;
    await db.deleteFrom("compaction").execute();
    return true;
  };

/** For an erasure whose row is gone, while its bytes are still in the log. */
export const readElsewhere = (): VaultError =>
  new VaultError(
    "VAULT_LOCKED",
    "Another program reads the vault's file, and what was erased stays in its log as long. End that program; the next erasure or start removes it.",
  );
