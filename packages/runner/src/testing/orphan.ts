// A runner that is killed while a module loops: prints the child's process id, and waits.
import { readdirSync, readFileSync } from "node:fs";
import { checkModule, createRunner } from "../run/createRunner.ts";
import { command, wat } from "./wat.ts";

const childrenOf = (pid: number): readonly number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((each) => {
      try {
        return each > 0 && readFileSync(`/proc/${each}/status`, "latin1").includes(`\nPPid:\t${pid}\n`);
      } catch {
        return false;
      }
    });

const runner = await createRunner({ spare: 1 });
const run = await runner.start(checkModule(await wat(command("(loop $l (br $l))"))), { limits: { cpuMs: 600_000, wallMs: 600_000 } });
await run.compiled;
void run.give({});
console.log(JSON.stringify(childrenOf(process.pid)));
