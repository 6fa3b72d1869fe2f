import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { VaultFile } from "../database/nodeSqlite.ts";
import { VaultError } from "../errors.ts";
import type { Rewritten } from "./rewritingThread.ts";

export type CompactedFile = Pick<VaultFile, "raw" | "guarded" | "exec">;

/** A smaller file is rewritten sooner than a thread begins. */
export const SMALL_BYTES = 1024 * 1024;

/** It has the same extension as this file, as source and compiled; that its type is imported here has it compiled and packed. */
const THREAD = new URL(`./rewritingThread${extname(import.meta.url)}`, import.meta.url);

/**
 * VACUUM: a file without what was deleted. A large one is rewritten by a thread of its own, over a connection of its own, while this one must not write;
 * reads go on. What SQLite says there is thrown here, and counts here as a failure of the disk where it is one. Throws VAULT_IO where the thread ends and
 * says nothing.
 * @param program another thread's, in tests
 */
export const rewriteFile = async (file: CompactedFile, program = THREAD): Promise<void> => {
  if (bytesOf(file) <= SMALL_BYTES) return file.exec("VACUUM");
  const thread = new Worker(program, { workerData: file.raw.location() });
  try {
    const { errcode, message } = await lastWordsOf(thread);
    if (message === undefined) return;
    file.guarded(() => {
      throw Object.assign(new Error(message), errcode === undefined ? {} : { code: "ERR_SQLITE_ERROR", errcode });
    });
  } finally {
    await thread.terminate();
  }
};

const lastWordsOf = (thread: Worker): Promise<Rewritten> =>
  new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
    thread.once("exit", () => reject(endedSilently())); // behind what it said, if it said anything
  });

const endedSilently = (): VaultError =>
  new VaultError(
    "VAULT_IO",
    "The thread that rewrites the vault's secrets ended before it was done: what was erased is still in their file. The next erasure or start removes it.",
  );

const bytesOf = ({ raw, guarded }: CompactedFile): number =>
  guarded(() => Number(raw.prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size").get()?.bytes));
