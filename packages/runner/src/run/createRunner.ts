import { existsSync } from "node:fs";
import { KeyquorumError } from "@keyquorum/wire";
import { createMeteredModules } from "../fuel/meteredModules.ts";
import { malformed, refused } from "../validate/moduleRefused.ts";
import { type ModuleFacts, validateModule } from "../validate/validateModule.ts";
import { type Child, readyWithin, startChild } from "./child.ts";
import type { LaunchSize, OptionalLimit } from "./launch.ts";
import { limitsWith, type RunLimits } from "./limits.ts";
import { checkChild, findLimits, type LimitInForce } from "./limitsInForce.ts";
import { type StartedRun, startOneRun } from "./oneRun.ts";

/** A process takes a tenth of a second, many times that on a machine that is overloaded. */
const READY_MS = 30_000;

export type RunnerOptions = {
  /** Limits of a run that names none of its own. The children that wait are of this size. */
  readonly limits?: Partial<RunLimits>;
  /** Children that are started ahead, for runs of the runner's own limits. */
  readonly spare?: number;
  /** Limits that this machine need not have, by name: whoever names one does without it. */
  readonly without?: readonly OptionalLimit[];
};

/** A module that the validator has passed. Only `checkModule` makes one. */
export type CheckedModule = { readonly bytes: Uint8Array; readonly facts: ModuleFacts };

export type StartOptions = {
  readonly limits?: Partial<RunLimits>;
  /** The first is the program's name, as in C. */
  readonly args?: readonly string[];
  /** Milliseconds that the module's clocks step by. 1 unless told otherwise. */
  readonly clockStepMs?: number;
};

export type Runner = {
  /** What `doctor` prints. */
  readonly limitsInForce: readonly LimitInForce[];
  /**
   * What `start` does before it starts anything. Throws `MODULE_REFUSED` when the module's memory begins above the limit, `FUEL_UNSUPPORTED` when its fuel
   * is to be limited and cannot be counted, `INVALID_VALUE` for limits, `RUN_FAILED` when the runner is closed.
   */
  readonly check: (module: CheckedModule, options?: StartOptions) => void;
  /** Gives a module a process of its own, where it is compiled at once. Throws as `check` does, and `RUN_FAILED` when no process can be started. */
  readonly start: (module: CheckedModule, options?: StartOptions) => Promise<StartedRun>;
  /** Ends the children that wait and every run. */
  readonly close: () => Promise<void>;
};

/** Validates a module's bytes. They are not copied: do not change them. Throws `MODULE_INVALID`, `MODULE_REFUSED`. */
export const checkModule = (bytes: Uint8Array): CheckedModule => ({ bytes, facts: validateModule(bytes) });

/** A runner for this machine. Throws `RUNNER_UNSUPPORTED` when it cannot keep a module inside its limits. */
export const createRunner = async ({ limits: given, spare = 1, without: named = [] }: RunnerOptions = {}): Promise<Runner> => {
  const without = new Set(named);
  const defaults = limitsWith(given);
  const limitsInForce = await findLimits(without);
  const metered = createMeteredModules();
  const waiting: Child[] = [];
  const all = new Set<Child>();
  let isClosed = false;

  const begin = (size: LaunchSize): Child => {
    const child = startChild(size, without);
    all.add(child);
    void child.exited.then(() => {
      all.delete(child);
      const at = waiting.indexOf(child);
      if (at !== -1) waiting.splice(at, 1);
    });
    return child;
  };
  const refill = (): void => {
    try {
      while (!isClosed && waiting.length < spare) waiting.push(begin(defaults));
    } catch {
      // No descriptors are left for one that waits: a later run starts its own, or says that it cannot.
    }
  };
  const isOfDefaultSize = ({ cpuMs, memoryPages, temporaryBytes }: RunLimits): boolean =>
    cpuMs === defaults.cpuMs && memoryPages === defaults.memoryPages && temporaryBytes === defaults.temporaryBytes;
  const readyChild = async (limits: RunLimits): Promise<Child> => {
    let child: Child | undefined;
    try {
      child = (isOfDefaultSize(limits) ? waiting.shift() : undefined) ?? begin(limits); // throws where no descriptors are left
      await readyWithin(child, READY_MS);
      if (existsSync("/proc/self/limits")) checkChild(child.pid, limits, without);
      return child;
    } catch (error) {
      child?.kill();
      throw error instanceof KeyquorumError ? error : new KeyquorumError("RUN_FAILED");
    }
  };

  const checked = (module: CheckedModule, { limits: own, args = ["module"], clockStepMs = 1 }: StartOptions) => {
    const { bytes, facts } = module;
    if (isClosed) throw new KeyquorumError("RUN_FAILED", "The runner is closed.", { retryable: false });
    const limits = limitsWith({ ...defaults, ...own });
    checkArguments(args);
    checkClock(clockStepMs);
    if (facts.minimumPages > limits.memoryPages)
      throw refused(`its memory begins with ${facts.minimumPages} pages, and the run may have ${limits.memoryPages}`);
    if (bytes.length === 0) throw malformed("it is empty", 0);
    return { runs: limits.fuel === undefined ? bytes : metered(bytes), settings: { limits, args, clockStepMs } };
  };

  refill();
  return {
    limitsInForce,
    check: (module, options = {}) => void checked(module, options),
    start: async (module, options = {}) => {
      const { runs, settings } = checked(module, options);
      const child = await readyChild(settings.limits);
      refill();
      return startOneRun(child, runs, settings);
    },
    close: async () => {
      isClosed = true;
      const ending = [...all];
      for (const child of ending) child.kill();
      await Promise.all(ending.map(({ exited }) => exited));
    },
  };
};

/** Throws `INVALID_VALUE` for arguments that no run takes. */
export const checkArguments = (args: readonly string[]): void => {
  const bytes = args.reduce((sum, arg) => sum + Buffer.byteLength(arg) + 1, 0);
  if (bytes > 128 * 1024 || args.length > 1_024 || args.some((arg) => arg.includes("\0")))
    throw new KeyquorumError("INVALID_VALUE", "The arguments are at most 1024, of 128 KiB together, without zero bytes.");
};

const checkClock = (clockStepMs: number): void => {
  if (!Number.isInteger(clockStepMs) || clockStepMs < 1 || clockStepMs > 60_000)
    throw new KeyquorumError("INVALID_VALUE", "A clock steps by 1 to 60000 milliseconds.");
};
