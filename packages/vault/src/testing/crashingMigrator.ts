/**
 * A child process for the crash test: opens the vault of an earlier version in argv[2] and is killed in the middle, where argv[4] says: before or while the
 * secrets are listed, or before the statement of SQL of this number. Where there is no such statement it ends, and prints how many there are.
 */
import { writeSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { openVault } from "../vault.ts";
import { optionsFor } from "./fixtures.ts";

const [, , directory, keyFile, where] = process.argv;
if (directory === undefined || keyFile === undefined || where === undefined)
  throw new Error("crashingMigrator DIRECTORY KEYFILE before-listing|while-listing|NUMBER");

const die = (): never => {
  process.kill(process.pid, "SIGKILL");
  throw new Error("unreachable");
};

/** Counts what Kysely prepares, each of which runs once. */
let statements = 0;
const { prepare } = DatabaseSync.prototype;
DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string): StatementSync {
  statements += 1;
  if (statements === Number(where)) die();
  return prepare.call(this, sql);
};

const options = await optionsFor({ directory, keyFile });
const hooks = {
  "before-listing": { keyEncryptionKey: { ...options.keyEncryptionKey, derive: async () => die() } },
  "while-listing": { random: die },
};
const vault = await openVault({ ...options, ...hooks[where as keyof typeof hooks] });
writeSync(1, String(statements));
await vault.close();
