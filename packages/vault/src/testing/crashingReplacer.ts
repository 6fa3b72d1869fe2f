/**
 * A child process for the crash test: binds the vault in argv[2] to the operators argv[4] and argv[5] by turns until it is killed. Before each change
 * it prints "start n", after it "ack n".
 */
import { writeSync } from "node:fs";
import { parseAddress } from "@keyquorum/wire";
import { replaceVaultOperator } from "../replaceOperator.ts";
import { optionsFor } from "./fixtures.ts";

const [, , directory, keyFile, ...operators] = process.argv;
if (directory === undefined || keyFile === undefined) throw new Error("crashingReplacer DIRECTORY KEYFILE OPERATOR OPERATOR");

const options = await optionsFor({ directory, keyFile });
for (let number = 0; ; number += 1) {
  writeSync(1, `start ${number}\n`);
  const operator = parseAddress(operators[number % operators.length]);
  await replaceVaultOperator({ ...options, pin: { ...options.pin, operator } });
  writeSync(1, `ack ${number}\n`);
}
