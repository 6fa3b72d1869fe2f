/**
 * A thread of its own for VACUUM, which rewrites the whole file: the keeper's main thread answers meanwhile. It opens a connection to the file that the
 * parent names, rewrites it, brings what can be brought from the log into the file, and says that it is done, or which of SQLite's codes it failed with.
 */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

/** What the thread says at its end. `errcode`: of SQLite, where it failed. */
export type Rewritten = { readonly errcode?: number; readonly message?: string };

const rewrite = (path: string): Rewritten => {
  const raw = new DatabaseSync(path, { timeout: 0 });
  try {
    raw.exec("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;");
    raw.exec("PRAGMA trusted_schema = OFF; VACUUM; PRAGMA wal_checkpoint(PASSIVE);");
    return {};
  } catch (error) {
    const { errcode, message } = error as { readonly errcode?: number; readonly message?: string };
    return { ...(errcode === undefined ? {} : { errcode }), message: String(message) };
  } finally {
    raw.close();
  }
};

parentPort?.postMessage(rewrite(String(workerData)));
