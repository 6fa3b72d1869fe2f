import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { type Kysely, sql } from "kysely";
import type { VaultFile } from "../database/nodeSqlite.ts";
import type { VaultSchema } from "../database/schema.ts";
import type { Rewritten } from "./rewritingThread.ts";

/** A smaller file is rewritten sooner than a thread begins. */
export const SMALL_BYTES = 8 * 1024 * 1024;

/** It has the same extension as this file, as source and compiled; that its type is imported here has it compiled and packed. */
const THREAD = new URL(`./rewritingThread${extname(import.meta.url)}`, import.meta.url);

/**
 * VACUUM: a file without what was deleted. A large one is rewritten by a thread of its own, over a connection of its own, while this one must not write;
 * reads go on. What SQLite says there is thrown here, and counts here as a failure of the disk where it is one.
 */
export const rewriteFile = async (file: VaultFile): Promise<void> => {
  if ((await bytesOf(file.db)) <= SMALL_BYTES) return void (await sql`VACUUM`.execute(file.db));
  const thread = new Worker(THREAD, { workerData: file.raw.location() });
  try {
    const [{ errcode, message }] = (await once(thread, "message")) as [Rewritten];
    if (message === undefined) return;
    file.guarded(() => {
      throw Object.assign(new Error(message), errcode === undefined ? {} : { code: "ERR_SQLITE_ERROR", errcode });
    });
  } finally {
    await thread.terminate();
  }
};

const bytesOf = async (db: Kysely<VaultSchema>): Promise<number> => {
  const { rows } = await sql<{
    readonly bytes: number;
  }>`SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size`.execute(db);
  return rows[0]?.bytes ?? 0;
};
