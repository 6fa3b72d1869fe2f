/**
 * A child process for the crash test: opens the vault in argv[2], appends a record to its audit log, and is killed where argv[4] says: when the record is
 * written and the roll's new end is about to be sealed, or when both are durable.
 */
import { openVault } from "../vault.ts";
import { auditEntry, optionsFor } from "./fixtures.ts";

const [, , directory, keyFile, where] = process.argv;
if (directory === undefined || keyFile === undefined) throw new Error("dyingReleaser DIRECTORY KEYFILE WHERE");

const die = (): never => {
  process.kill(process.pid, "SIGKILL");
  throw new Error("unreachable");
};
const options = await optionsFor({ directory, keyFile });
let isDying = false;
const vault = await openVault({ ...options, random: (length) => (isDying ? die() : options.random(length)) });
isDying = where === "between a record and the roll's end";
await vault.audit.append(auditEntry(0x31));
die();
