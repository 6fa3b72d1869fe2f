import { KeyquorumError } from "@keyquorum/wire";

/** What one run may use. */
export type RunLimits = {
  /** CPU time of the process from the module's arrival on: compilation, the module, the host functions in the child. */
  readonly cpuMs: number;
  /** Time from `start` to the end, waiting for keepers and HTTP included. */
  readonly wallMs: number;
  /** Pages of 64 KiB of the module's memory. */
  readonly memoryPages: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** Calls that go to the runner: secrets that are opened, HTTP requests. */
  readonly hostCalls: number;
  /** Bytes of all files in /tmp. */
  readonly temporaryBytes: number;
  /** Instructions, counted in a copy of the module that pays for each: the same on every machine. Not counted where it is left out. */
  readonly fuel?: number;
};

const MiB = 1024 * 1024;

export const DEFAULT_LIMITS: Omit<RunLimits, "fuel"> = {
  cpuMs: 10_000,
  wallMs: 60_000,
  memoryPages: 2_048,
  stdoutBytes: MiB,
  stderrBytes: MiB,
  hostCalls: 1_000,
  temporaryBytes: 64 * MiB,
};

/** The largest of each that a run may be given. */
const LARGEST: Required<RunLimits> = {
  cpuMs: 3_600_000,
  wallMs: 86_400_000,
  memoryPages: 32_768,
  stdoutBytes: 64 * MiB,
  stderrBytes: 64 * MiB,
  hostCalls: 1_000_000,
  temporaryBytes: 1024 * MiB,
  fuel: Number.MAX_SAFE_INTEGER,
};

/** The defaults with what is given in their place. Throws `INVALID_VALUE` that names a limit which is no positive whole number, or too large. */
export const limitsWith = (given: Partial<RunLimits> = {}): RunLimits => {
  const limits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, largest] of Object.entries(LARGEST)) {
    const value = limits[name as keyof RunLimits]; // the keys of a RunLimits
    if (value === undefined) continue; // fuel
    if (!Number.isInteger(value) || value < 1 || value > largest)
      throw new KeyquorumError("INVALID_VALUE", `The limit ${name} must be a whole number from 1 to ${largest}.`, {
        details: { limit: name },
      });
  }
  return limits;
};
