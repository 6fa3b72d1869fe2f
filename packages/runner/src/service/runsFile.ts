import { closeSync, existsSync, linkSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Address, ErrorBody, Hash32, RunBody, RunRecordBody } from "@keyquorum/wire";
import { ServiceError } from "./runnerError.ts";

/** What a run that is over leaves. */
export type RunEnd = {
  readonly failure?: ErrorBody;
  readonly record?: RunRecordBody;
  readonly stdout?: Uint8Array;
  readonly stderr?: Uint8Array;
};

/** A request that was accepted. `deadline`: seconds since 1970. */
export type AcceptedRow = {
  readonly id: Hash32;
  readonly caller: Address;
  readonly nonce: Hash32;
  readonly deadline: number;
  readonly module: Hash32;
  readonly acceptedAt: number;
};

/** Which run: two callers who sign the same fields have one id, and each its own run. */
export type RunName = Pick<AcceptedRow, "id" | "caller">;

/**
 * Runs of the service, and the nonces of their requests, in one SQLite file. Each call is a transaction, durable when it returns. Times are milliseconds
 * since 1970. Any call throws ServiceError RUNS_UNUSABLE where the disk fails.
 */
export type RunsFile = {
  /** Whether a caller's nonce was taken, or is too old to know. */
  readonly isTaken: (request: Pick<AcceptedRow, "caller" | "nonce" | "deadline">) => boolean;
  /** Takes the nonce and keeps the run. False: the nonce was taken before. */
  readonly accept: (row: AcceptedRow) => boolean;
  readonly begin: (run: RunName) => void;
  readonly end: (run: RunName, end: RunEnd) => void;
  /** A caller's run, with the outputs that were kept. */
  readonly read: (caller: Address, id: Hash32) => RunBody | undefined;
  /** A caller's runs, the newest first, without outputs. */
  readonly list: (caller: Address, limit: number) => readonly RunBody[];
  /** Ends what an earlier process left waiting or running, and says how many. */
  readonly interrupt: (failure: ErrorBody) => number;
  /** Forgets runs that ended before a time, all but the newest of each caller, and nonces whose deadlines are over for long. */
  readonly prune: (about: {
    readonly endedBefore: number;
    readonly perCaller: number;
    /** Of outputs that are kept, of one caller: the oldest outputs go, and their records stay. */
    readonly outputBytesPerCaller: number;
    readonly now: number;
  }) => void;
  readonly close: () => void;
};

const FILE = "runs.sqlite";
/** A nonce is kept so long behind its deadline, in seconds: for a clock that is set back. */
const NONCE_MARGIN_SECONDS = 3_600;
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE nonces (caller TEXT NOT NULL, nonce TEXT NOT NULL, deadline INTEGER NOT NULL, PRIMARY KEY (caller, nonce)) WITHOUT ROWID, STRICT;
  CREATE INDEX nonces_by_deadline ON nonces (deadline);
  CREATE TABLE runs (
    id TEXT NOT NULL, caller TEXT NOT NULL, module TEXT NOT NULL, state TEXT NOT NULL, acceptedAt INTEGER NOT NULL, endedAt INTEGER,
    failure TEXT, record TEXT, stdout BLOB, stderr BLOB,
    PRIMARY KEY (caller, id)
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX runs_by_caller ON runs (caller, acceptedAt);
  CREATE INDEX runs_by_end ON runs (endedAt);
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
`;

/** Whose runs a file holds. */
export type RunsOwner = { readonly chainId: bigint; readonly runner: Address };

const ownerText = ({ chainId, runner }: RunsOwner): string => `${chainId} ${runner}`;

/** Makes the file in a directory that has none. Throws ServiceError RUNNER_ALREADY_INITIALISED, RUNS_UNUSABLE. */
export const createRunsFile = (directory: string, owner: RunsOwner): void => {
  const path = join(directory, FILE);
  if (existsSync(path))
    throw new ServiceError("RUNNER_ALREADY_INITIALISED", `There is a runner in ${directory} already, and it is kept as it is.`, {
      directory,
    });
  guarded(directory, () => {
    const making = mkdtempSync(join(directory, ".making-")); // killed in between, nothing but this folder is left, and `init` works again
    try {
      const made = join(making, FILE);
      closeSync(openSync(made, "wx", 0o600)); // those beside it have its mode
      const db = new DatabaseSync(made);
      db.exec(`PRAGMA synchronous = FULL; BEGIN; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION};`);
      db.prepare("INSERT INTO facts VALUES ('owner', ?)").run(ownerText(owner));
      db.exec("COMMIT");
      db.close();
      linkSync(made, path); // whole, or not there; two at once: the second one fails
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  });
};

/** Opens the file, alone. Throws ServiceError RUNNER_NOT_INITIALISED, RUNNER_ALREADY_RUNNING, RUNNER_FOREIGN_DATA, RUNS_UNUSABLE. */
export const openRunsFile = (directory: string, owner: RunsOwner, now: () => number = Date.now): RunsFile => {
  const path = join(directory, FILE);
  if (!existsSync(path))
    throw new ServiceError("RUNNER_NOT_INITIALISED", `There is no runner in ${directory}. Run \`keyquorum-runner init\` once.`, {
      directory,
    });
  const db = guarded(directory, () => openAlone(path));
  const does = <Result>(work: () => Result): Result => guarded(directory, work);
  const fact = (name: string): string | undefined =>
    (db.prepare("SELECT value FROM facts WHERE name = ?").get(name)?.value as string) ?? undefined; // TEXT by the schema
  if (fact("owner") !== ownerText(owner)) {
    db.close();
    throw new ServiceError(
      "RUNNER_FOREIGN_DATA",
      `The data in ${directory} belongs to another runner's key or chain. Name the matching directory, key and chain.`,
      { directory },
    );
  }
  const find = db.prepare("SELECT 1 AS found FROM nonces WHERE caller = ? AND nonce = ?");
  const takeNonce = db.prepare("INSERT OR IGNORE INTO nonces VALUES (?, ?, ?)");
  const insert = db.prepare("INSERT OR IGNORE INTO runs (id, caller, module, state, acceptedAt) VALUES (?, ?, ?, 'queued', ?)");
  const begin = db.prepare("UPDATE runs SET state = 'running' WHERE id = ? AND caller = ?");
  const end = db.prepare(
    "UPDATE runs SET state = ?, endedAt = ?, failure = ?, record = ?, stdout = ?, stderr = ? WHERE id = ? AND caller = ?",
  );
  const one = db.prepare("SELECT * FROM runs WHERE id = ? AND caller = ?");
  const some = db.prepare(
    "SELECT id, module, state, acceptedAt, failure, record FROM runs WHERE caller = ? ORDER BY acceptedAt DESC, id LIMIT ?",
  );
  /** Nonces of deadlines up to here were forgotten: such a request is refused, whatever the clock says now. */
  let forgotten = Number(fact("forgotten") ?? 0);
  const together = <Result>(work: () => Result): Result =>
    does(() => {
      db.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        db.exec("COMMIT");
        return result;
      } catch (error) {
        if (db.isTransaction) db.exec("ROLLBACK");
        throw error;
      }
    });

  return {
    isTaken: ({ caller, nonce, deadline }) => does(() => deadline <= forgotten || find.get(caller, nonce) !== undefined),
    accept: ({ id, caller, nonce, deadline, module, acceptedAt }) =>
      deadline > forgotten &&
      together(() => takeNonce.run(caller, nonce, deadline).changes === 1 && insert.run(id, caller, module, acceptedAt).changes === 1),
    begin: ({ id, caller }) => does(() => void begin.run(id, caller)),
    end: ({ id, caller }, { failure, record, stdout, stderr }) =>
      does(
        () =>
          void end.run(
            ...[failure === undefined ? "ended" : "failed", now(), failure === undefined ? null : JSON.stringify(failure)],
            ...[record === undefined ? null : JSON.stringify(record), stdout ?? null, stderr ?? null, id, caller],
          ),
      ),
    read: (caller, id) => does(() => bodyOf(one.get(id, caller))),
    list: (caller, limit) => does(() => some.all(caller, limit).flatMap((row) => bodyOf(row) ?? [])),
    interrupt: (failure) =>
      does(() =>
        Number(
          db
            .prepare("UPDATE runs SET state = 'failed', endedAt = ?, failure = ? WHERE state IN ('queued', 'running')")
            .run(now(), JSON.stringify(failure)).changes,
        ),
      ),
    prune: ({ endedBefore, perCaller, outputBytesPerCaller, now: at }) => {
      const upTo = Math.floor(at / 1000) - NONCE_MARGIN_SECONDS;
      together(() => {
        db.prepare("DELETE FROM runs WHERE endedAt < ?").run(endedBefore);
        db.prepare(
          `DELETE FROM runs WHERE (caller, id) IN (SELECT caller, id FROM (SELECT caller, id, row_number() OVER (PARTITION BY caller ORDER BY acceptedAt DESC) AS place
             FROM runs WHERE endedAt IS NOT NULL) WHERE place > ?)`,
        ).run(perCaller);
        db.prepare(
          `UPDATE runs SET stdout = NULL, stderr = NULL WHERE (caller, id) IN (SELECT caller, id FROM (SELECT caller, id, sum(length(stdout) + length(stderr))
             OVER (PARTITION BY caller ORDER BY acceptedAt DESC, id) AS bytes FROM runs WHERE stdout IS NOT NULL AND stderr IS NOT NULL) WHERE bytes > ?)`,
        ).run(outputBytesPerCaller);
        // Up to what was really forgotten, so that a clock that ran ahead for a while shuts nobody out.
        const newest = db.prepare("SELECT max(deadline) AS newest FROM nonces WHERE deadline <= ?").get(upTo)?.newest;
        if (typeof newest !== "number") return;
        db.prepare("DELETE FROM nonces WHERE deadline <= ?").run(upTo);
        db.prepare("INSERT OR REPLACE INTO facts VALUES ('forgotten', ?)").run(String(Math.max(forgotten, newest)));
        forgotten = Math.max(forgotten, newest);
      });
    },
    close: () => db.close(),
  };
};

const openAlone = (path: string): DatabaseSync => {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;",
    );
    db.exec("BEGIN IMMEDIATE; COMMIT;"); // takes the lock, and keeps it
    const found = Number(db.prepare("PRAGMA user_version").get()?.user_version);
    if (found !== SCHEMA_VERSION) throw new Error(`its version is ${found}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};

const SQLITE_BUSY = 5;

const guarded = <Result>(directory: string, work: () => Result): Result => {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    const code = typeof cause === "object" && cause !== null && "errcode" in cause ? Number(cause.errcode) & 0xff : 0;
    throw code === SQLITE_BUSY
      ? new ServiceError(
          "RUNNER_ALREADY_RUNNING",
          `Another process runs the runner in ${directory}. Stop it first.`,
          { directory },
          { cause },
        )
      : new ServiceError(
          "RUNS_UNUSABLE",
          `The runs in ${directory} cannot be read or written. Check the disk, its room, and the owner and mode of the folder.`,
          { directory },
          { cause },
        );
  }
};

type Row = Readonly<Record<string, unknown>>;

/** A row as its caller is told it. What stands in it is what this service wrote. */
const bodyOf = (row: Row | undefined): RunBody | undefined => {
  if (row === undefined) return undefined;
  const json = <Name extends "failure" | "record">(name: Name) =>
    typeof row[name] === "string" ? ({ [name]: JSON.parse(row[name]) } as Pick<RunBody, Name>) : {};
  const output = <Name extends "stdout" | "stderr">(name: Name) =>
    row[name] instanceof Uint8Array ? ({ [name]: Buffer.from(row[name]).toString("base64") } as Pick<RunBody, Name>) : {};
  return {
    ...({ id: row.id, module: row.module, state: row.state, acceptedAt: row.acceptedAt } as Pick<
      RunBody,
      "id" | "module" | "state" | "acceptedAt"
    >),
    ...json("failure"),
    ...json("record"),
    ...output("stdout"),
    ...output("stderr"),
  };
};
