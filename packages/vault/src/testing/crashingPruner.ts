/**
 * A child process for the crash test: opens the vault in argv[2], appends to its audit log and prunes it until it is killed. Before each change it prints
 * "start n", after it "ack n", n being the last record's number.
 */
import { writeSync } from "node:fs";
import { openVault } from "../vault.ts";
import { auditEntry, optionsFor } from "./fixtures.ts";

const [, , directory, keyFile] = process.argv;
if (directory === undefined || keyFile === undefined) throw new Error("crashingPruner DIRECTORY KEYFILE");

const options = { ...(await optionsFor({ directory, keyFile })), clock: Date.now };
const vault = await openVault(options);
for (;;) {
  const { count } = await vault.audit.verify();
  writeSync(1, `start ${count + 1}\n`);
  for (let record = 0; record < 5; record += 1) await vault.audit.append(auditEntry(record));
  await vault.audit.prune(Date.now() - 5);
  writeSync(1, `ack ${(await vault.audit.verify()).count}\n`);
}
