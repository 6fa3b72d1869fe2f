import { setTimeout as delay } from "node:timers/promises";
import { VaultError } from "../errors.ts";
import { type CompactedFile, rewriteFile } from "./rewriteFile.ts";

/** Removes deleted secrets from the file and its write-ahead log, if any are still there. True: none is. */
export type Compaction = () => Promise<boolean>;

/**
 * `file` has the table `compaction`. It is rewritten; truncating drops the old pages from the log. Neither can run inside a transaction, and the log is truncated only while nobody
 * reads: where another program does for longer than a second, what was erased stays due.
 */
export const createCompaction =
  (file: CompactedFile): Compaction =>
  async () => {
    const { raw, guarded } = file;
    const isDue = guarded(() => raw.prepare("SELECT id FROM compaction").get()) !== undefined;
    if (!isDue) return true;
    await rewriteFile(file);
    for (let tried = 1; guarded(() => raw.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get())?.busy !== 0; tried += 1) {
      if (tried === MOST_TRIES) return false;
      await delay(PAUSE_MILLISECONDS);
    }
    file.exec("DELETE FROM compaction");
    return true;
  };

/** A backup reads for moments. */
const MOST_TRIES = 20;
const PAUSE_MILLISECONDS = 50;

/** For an erasure whose row is gone, while its bytes are still in the log. */
export const readElsewhere = (): VaultError =>
  new VaultError(
    "VAULT_LOCKED",
    "Another program reads the vault's secrets, and what was erased stays in their log as long. End that program; the next erasure or start removes it.",
  );

/** For a start whose records had secrets among them until now, or until the start before. */
export const recordsReadElsewhere = (): VaultError =>
  new VaultError(
    "VAULT_LOCKED",
    "Another program reads vault.sqlite, and secrets that were taken out of it stay in its log as long. End that program, then start again.",
    { reason: "read" },
  );
