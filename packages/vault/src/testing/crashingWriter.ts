/**
 * A child process for the crash test: opens or makes the vault in argv[2] and writes until it is killed. Before each transaction it prints
 * "start n", after it resolved "ack n": what was acknowledged must be there afterwards.
 */
import { writeSync } from "node:fs";
import { parseRequestId, parseSessionId } from "@keyquorum/wire";
import { createVault, openVault } from "../vault.ts";
import { sessionOf } from "./crashRecords.ts";
import { answerFor, auditEntry, bytes, optionsFor } from "./fixtures.ts";

const [, , directory, keyFile, first] = process.argv;
if (directory === undefined || keyFile === undefined || first === undefined) throw new Error("crashingWriter DIRECTORY KEYFILE FIRST");

const options = await optionsFor({ directory, keyFile });
const vault = await (first === "0" ? createVault(options) : openVault(options));
writeSync(1, "open\n");
for (let number = Number(first); ; number += 1) {
  writeSync(1, `start ${number}\n`);
  await vault.transaction(async (tx) => {
    await tx.epochSecrets.save(number, bytes(number & 0xff));
    await tx.dealings.save(parseSessionId(sessionOf(number)), bytes(number & 0xff, 2000));
    await tx.audit.append(auditEntry(number & 0xff));
    await tx.answers.save({ ...answerFor(1), requestId: parseRequestId(sessionOf(number)) });
    await tx.work.add({ id: `w:${number}`, kind: "crash", payload: number });
    await tx.epochProposals.see({ epoch: number, candidates: 6n });
    await tx.departures.see([{ epoch: 0 }, { epoch: number + 1 }], { maxGapMilliseconds: Number.MAX_SAFE_INTEGER });
  });
  if (number % 7 === 0 && number > 7) await vault.epochSecrets.erase(number - 7);
  writeSync(1, `ack ${number}\n`);
}
