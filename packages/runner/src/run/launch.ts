import { type ChildProcess, spawn } from "node:child_process";
import { dirname } from "node:path";
import { childFile } from "./childFile.ts";
import { coveredDescriptors } from "./inherited.ts";
import type { RunLimits } from "./limits.ts";

/** Limits that a machine may not be able to set. An operator names those that are done without. */
export const OPTIONAL_LIMITS = ["network", "parentDeath", "memory", "cpu", "files"] as const;
export type OptionalLimit = (typeof OPTIONAL_LIMITS)[number];

/** What a process is started with: it cannot be changed afterwards, so a child that waits is for runs of its own size only. */
export type LaunchSize = Pick<RunLimits, "cpuMs" | "memoryPages" | "temporaryBytes">;

const PAGE_KIB = 64;
/** What Node needs besides the module's memory: with 300 MB of data it does not start, with 600 it does. */
const NODE_DATA_KIB = 600 * 1024;
const DESCRIPTORS = 64;

/** The resource limits of a child, in the units of `ulimit`. CPU counts from the process's start, so it has two seconds more than the run. */
export const resourceLimits = ({ cpuMs, memoryPages, temporaryBytes }: LaunchSize) => ({
  dataKiB: NODE_DATA_KIB + memoryPages * PAGE_KIB + Math.ceil(temporaryBytes / 1024),
  cpuSeconds: Math.ceil(cpuMs / 1000) + 2,
  descriptors: DESCRIPTORS,
});

/** The command that starts a child. Each program of the chain replaces itself by the next: all of it is one process. */
export const launchCommand = (size: LaunchSize, without: ReadonlySet<OptionalLimit>): readonly string[] => {
  const { dataKiB, cpuSeconds, descriptors } = resourceLimits(size);
  const limits = [
    ...(without.has("files") ? [] : ["ulimit -c 0", "ulimit -f 0", `ulimit -n ${descriptors}`]),
    ...(without.has("cpu") ? [] : [`ulimit -S -t ${cpuSeconds}`, `ulimit -H -t ${cpuSeconds + 1}`]),
    ...(without.has("memory") ? [] : [`ulimit -d ${dataKiB}`]),
  ];
  return [
    ...(without.has("network") ? [] : ["unshare", "--user", "--net"]),
    ...(without.has("parentDeath") ? [] : ["setpriv", "--no-new-privs", "--pdeathsig", "KILL"]), // after unshare, which would clear it
    "/bin/sh",
    "-c",
    [...limits, 'exec "$@"'].join(" && "),
    "sh",
    process.execPath,
    "--permission",
    `--allow-fs-read=${dirname(childFile())}`,
    "--no-warnings",
    "--no-addons",
    "--disallow-code-generation-from-strings",
    "--max-old-space-size=64",
    childFile(),
  ];
};

/** Starts a child in a group of its own, with an empty environment. Descriptor 0 is the pipe to it, 3 the pipe from it; it prints nothing but V8's last words. Of what this process inherited it
 * gets nothing. */
export const launch = (size: LaunchSize, without: ReadonlySet<OptionalLimit>): ChildProcess => {
  const [file = "", ...args] = launchCommand(size, without);
  return spawn(file, args, {
    env: {},
    cwd: dirname(childFile()),
    detached: true,
    stdio: ["pipe", "ignore", "pipe", "pipe", ...coveredDescriptors()],
  });
};
