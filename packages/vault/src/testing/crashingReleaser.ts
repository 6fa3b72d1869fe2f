/**
 * A child process for the crash test: opens the vault in argv[2] and gives answers, several at a time, from the number in argv[4] on, until it is killed.
 * Before each it prints "start n"; "ack n" stands for sending it.
 */
import { writeSync } from "node:fs";
import { parseRequestId } from "@keyquorum/wire";
import { openVault } from "../vault.ts";
import { sessionOf, TOGETHER } from "./crashRecords.ts";
import { answerFor, auditEntry, optionsFor } from "./fixtures.ts";

const [, , directory, keyFile, first] = process.argv;
if (directory === undefined || keyFile === undefined || first === undefined) throw new Error("crashingReleaser DIRECTORY KEYFILE FIRST");

const vault = await openVault(await optionsFor({ directory, keyFile }));
let number = Number(first);
const giveAnswers = async (): Promise<never> => {
  for (;;) {
    const own = number;
    number += 1;
    const requestId = parseRequestId(sessionOf(own));
    writeSync(1, `start ${own}\n`);
    await vault.transaction(
      async (tx) => {
        await tx.answers.save({ ...answerFor(1), requestId });
        await tx.audit.append({ ...auditEntry(1), requestId });
      },
      { brief: true },
    );
    writeSync(1, `ack ${own}\n`);
  }
};
await Promise.all(Array.from({ length: TOGETHER }, giveAnswers));
