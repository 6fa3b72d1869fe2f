/** A child process for the crash test: opens the vault of an earlier version in argv[2] and is killed in the middle, where argv[4] says. */
import { openVault } from "../vault.ts";
import { optionsFor } from "./fixtures.ts";

const [, , directory, keyFile, where] = process.argv;
if (directory === undefined || keyFile === undefined) throw new Error("crashingMigrator DIRECTORY KEYFILE before-listing|while-listing");

const die = (): never => {
  process.kill(process.pid, "SIGKILL");
  throw new Error("unreachable");
};
const options = await optionsFor({ directory, keyFile });
await openVault(
  where === "before-listing"
    ? { ...options, keyEncryptionKey: { ...options.keyEncryptionKey, derive: async () => die() } }
    : { ...options, random: die },
);
