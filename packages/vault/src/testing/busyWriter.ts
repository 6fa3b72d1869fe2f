/**
 * A child process for the test of backups: opens the vault in argv[2] and saves, replaces and erases secrets, with a record of each in the audit log, until
 * its input ends. Prints "ack n" after each.
 */
import { writeSync } from "node:fs";
import { openVault } from "../vault.ts";
import { auditEntry, bytes, optionsFor } from "./fixtures.ts";

const [, , directory, keyFile] = process.argv;
if (directory === undefined || keyFile === undefined) throw new Error("busyWriter DIRECTORY KEYFILE");

let isOver = false;
process.stdin.once("end", () => {
  isOver = true;
});
process.stdin.resume();
const vault = await openVault(await optionsFor({ directory, keyFile }));
for (let number = 1; !isOver; number += 1) {
  await vault.transaction(async (tx) => {
    await tx.epochSecrets.save(number, bytes(number & 0xff));
    await tx.sealedTables.put({ extension: "parity", table: "rows", key: "a" }, bytes(number & 0xff, 100 + number));
    await tx.audit.append(auditEntry(number & 0xff));
    await tx.work.add({ id: `${number}`, kind: "written", payload: number });
  });
  if (number > 5) await vault.epochSecrets.erase(number - 5);
  writeSync(1, `ack ${number}\n`);
  await new Promise((resolve) => setTimeout(resolve, number % 3 === 0 ? 40 : 0)); // as a keeper, it also rests
}
await vault.close();
