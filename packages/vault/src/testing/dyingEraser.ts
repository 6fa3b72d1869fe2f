/**
 * A child process for the crash test: opens the vault in argv[2], erases the secret of the epoch in argv[4], and is killed so many milliseconds after
 * argv[5] says; 0: in the same turn of the event loop.
 */
import { openVault } from "../vault.ts";
import { optionsFor } from "./fixtures.ts";

const [, , directory, keyFile, epoch, delay] = process.argv;
if (directory === undefined || keyFile === undefined) throw new Error("dyingEraser DIRECTORY KEYFILE EPOCH DELAY");

const die = () => process.kill(process.pid, "SIGKILL");
const vault = await openVault(await optionsFor({ directory, keyFile }));
const erased = vault.epochSecrets.erase(Number(epoch));
if (delay === "0") for (let step = 0; step < 60; step += 1) await Promise.resolve();
else await Promise.race([erased, new Promise((resolve) => setTimeout(resolve, Number(delay)))]);
die();
