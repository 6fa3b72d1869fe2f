import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { KeyquorumError } from "@keyquorum/wire";

/** O_CLOEXEC, as Linux writes it in /proc: a descriptor without it stays open in every child. */
const CLOSED_AT_EXEC = 0o2000000;
/** Descriptors that are covered, at most: a list of so many is handed to each start. */
const MOST = 1_024;

let found: readonly number[] | undefined;
let nothing: number | undefined;

/**
 * Descriptors above those of a child's pipes that whoever started this process left open for its children, too. Node opens none of its own like this, and
 * closes only the first ones. Read once: later nothing is inherited.
 */
const inherited = (): readonly number[] => {
  found ??= readInherited();
  return found;
};

const readInherited = (): readonly number[] => {
  let names: readonly string[];
  try {
    names = readdirSync("/proc/self/fdinfo");
  } catch {
    return []; // a system without /proc
  }
  const most = descriptorLimit();
  return names.map(Number).filter((descriptor) => {
    if (descriptor <= 3 || !staysOpen(descriptor)) return false;
    if (descriptor < most) return true;
    closeSync(descriptor); // a child's could not be covered, and nothing of this process can be above its own limit
    return false;
  });
};

const staysOpen = (descriptor: number): boolean => {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSED_AT_EXEC) === 0;
  } catch {
    return false; // of the look itself, and closed by now
  }
};

const descriptorLimit = (): number => {
  const soft = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
};

/**
 * What a child has in the place of each inherited descriptor from 4 on: nothing that can be read or written. Throws RUNNER_UNSUPPORTED where one is too
 * high to be covered.
 */
export const coveredDescriptors = (): readonly ("ignore" | number)[] => {
  const descriptors = inherited();
  const highest = Math.max(3, ...descriptors);
  if (highest > MOST)
    throw new KeyquorumError(
      "RUNNER_UNSUPPORTED",
      `This process was started with descriptor ${highest} open for its children: close it before.`,
    );
  if (highest === 3) return [];
  nothing ??= openSync("/dev/null", "r");
  const covered = nothing;
  return Array.from({ length: highest - 3 }, (_, index) => (descriptors.includes(index + 4) ? covered : "ignore"));
};
