import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** More than all tests need at a time. */
const ENOUGH_BYTES = 4 * 1024 ** 3;

/**
 * Makes a folder in memory, for the folders of tests: a vault syncs each write, and half of the time of its tests was waiting for the disk. Undefined
 * where the system has no such place, too little room in it, or lets no program run there.
 */
export const makeMemoryFolder = (place = "/dev/shm", enoughBytes = ENOUGH_BYTES): string | undefined => {
  let folder: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(place);
    if (bavail * bsize < enoughBytes) return undefined;
    folder = mkdtempSync(join(place, "keyquorum-test-"));
    const program = join(folder, "program");
    writeFileSync(program, "#!/bin/sh\n", { mode: 0o700 });
    if (spawnSync(program).status === 0) {
      rmSync(program);
      return folder;
    }
  } catch {
    // there is none, or not for us
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  return undefined;
};
