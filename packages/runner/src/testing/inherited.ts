// A runner that was started with a descriptor open for its children: prints where the descriptors of a child lead. Of a test.
import { readdirSync, readlinkSync } from "node:fs";
import { startChild } from "../run/child.ts";

const child = startChild({ cpuMs: 5_000, memoryPages: 16, temporaryBytes: 1024 }, new Set());
await child.ready;
const folder = `/proc/${child.pid}/fd`;
console.log(
  JSON.stringify(
    readdirSync(folder).flatMap((name) => {
      try {
        return [readlinkSync(`${folder}/${name}`)];
      } catch {
        return [];
      }
    }),
  ),
);
child.kill();
await child.exited;
