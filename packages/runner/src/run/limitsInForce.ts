import { spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { KeyquorumError } from "@keyquorum/wire";
import type { LaunchSize, OptionalLimit } from "./launch.ts";
import { resourceLimits } from "./launch.ts";

/** One limit of this machine: whether it holds, and how that is known. */
export type LimitInForce = { readonly name: OptionalLimit | "permission" | "group"; readonly isInForce: boolean; readonly how: string };

/** Whether this Node has the permission model without a prefix: 22.13 and later. */
const hasPermission = (): boolean => process.allowedNodeEnvironmentFlags.has("--permission");

const succeeds = (file: string, ...args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const started = spawn(file, args, { env: {}, stdio: "ignore", timeout: 10_000 });
    started.on("error", () => resolve(false));
    started.on("close", (code) => resolve(code === 0));
  });

const PROBES: Readonly<Record<OptionalLimit, { readonly how: string; readonly command: readonly [string, ...string[]] }>> = {
  network: { how: "an empty network namespace (unshare --user --net)", command: ["unshare", "--user", "--net", "true"] },
  parentDeath: {
    how: "the kernel ends the process when the runner dies (setpriv --pdeathsig)",
    command: ["setpriv", "--no-new-privs", "--pdeathsig", "KILL", "true"],
  },
  memory: { how: "RLIMIT_DATA (ulimit -d)", command: ["/bin/sh", "-c", "ulimit -d 700000"] },
  cpu: { how: "RLIMIT_CPU (ulimit -t)", command: ["/bin/sh", "-c", "ulimit -S -t 5 && ulimit -H -t 6"] },
  files: {
    how: "no core file, no file written, 64 descriptors (ulimit -c -f -n)",
    command: ["/bin/sh", "-c", "ulimit -c 0 && ulimit -f 0 && ulimit -n 64"],
  },
};

/**
 * Tries each limit on this machine. Throws `RUNNER_UNSUPPORTED` where one cannot be set and is not named as done without, and always where Node has no
 * `--permission`.
 */
export const findLimits = async (
  without: ReadonlySet<OptionalLimit>,
  works: (file: string, ...args: readonly string[]) => Promise<boolean> = succeeds,
): Promise<readonly LimitInForce[]> => {
  if (!hasPermission())
    throw new KeyquorumError(
      "RUNNER_UNSUPPORTED",
      `A runner needs Node 22.13 or later, which has --permission; this is ${process.version}.`,
    );
  const tried = await Promise.all(
    (Object.keys(PROBES) as OptionalLimit[]).map(async (name): Promise<LimitInForce> => {
      const { how, command } = PROBES[name];
      const [file, ...args] = command;
      if (without.has(name)) return { name, isInForce: false, how: "done without, as the operator says" };
      return { name, isInForce: await works(file, ...args), how };
    }),
  );
  const missing = tried.find(({ name, isInForce }) => !isInForce && !without.has(name as OptionalLimit));
  if (missing !== undefined)
    throw new KeyquorumError("RUNNER_UNSUPPORTED", `The limit "${missing.name}" cannot be set on this machine: ${missing.how}.`, {
      details: { limit: missing.name },
    });
  return [
    { name: "permission", isInForce: true, how: "no files, processes, workers, add-ons in the child (node --permission)" },
    { name: "group", isInForce: true, how: "a process group of its own, killed as a whole" },
    ...tried,
  ];
};

/** Looks at a living child, in /proc, for what the limits should have made of it. Throws `RUNNER_UNSUPPORTED` that names the first that did not take. */
export const checkChild = (pid: number, size: LaunchSize, without: ReadonlySet<OptionalLimit>): void => {
  const { dataKiB, cpuSeconds, descriptors } = resourceLimits(size);
  const limits = readFileSync(`/proc/${pid}/limits`, "latin1");
  const soft = (name: string): string | undefined => new RegExp(`^${name}\\s+(\\S+)`, "m").exec(limits)?.[1];
  const facts: readonly (readonly [OptionalLimit, boolean])[] = [
    ["memory", soft("Max data size") === String(dataKiB * 1024)],
    ["cpu", soft("Max cpu time") === String(cpuSeconds)],
    ["files", soft("Max core file size") === "0" && soft("Max file size") === "0" && soft("Max open files") === String(descriptors)],
    ["network", without.has("network") || readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync("/proc/self/ns/net")],
  ];
  const [missing] = facts.find(([name, holds]) => !holds && !without.has(name)) ?? [];
  if (missing !== undefined)
    throw new KeyquorumError("RUNNER_UNSUPPORTED", `The limit "${missing}" was set and does not hold.`, { details: { limit: missing } });
};
