// A runner that has no descriptors left, and has them again: prints what became of a run in between and of one after it. Of a test.
import { closeSync, openSync } from "node:fs";
import { checkModule, createRunner } from "../run/createRunner.ts";
import { command, wat } from "./wat.ts";

const runner = await createRunner({ spare: 0 });
const module = checkModule(await wat(command("")));
const run = async (): Promise<string> => {
  try {
    return (await (await runner.start(module)).give({})).outcome.kind;
  } catch (error) {
    return String((error as { readonly code?: unknown }).code);
  }
};
const open: number[] = [];
try {
  for (;;) open.push(openSync("/dev/null", "r"));
} catch {
  // EMFILE
}
const without = await run();
for (const descriptor of open) closeSync(descriptor);
console.log(JSON.stringify([without, await run()]));
await runner.close();
