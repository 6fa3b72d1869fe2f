import type { Descriptors } from "./descriptors.ts";
import type { FileSpace } from "./files.ts";
import type { GuestMemory } from "./guestMemory.ts";
import type { Layout } from "./layout.ts";

/** A host function as V8 calls it: i32 come as numbers (signed), i64 as bigints. */
export type HostFunction = (...values: never[]) => number;
export type HostFunctions = Readonly<Record<string, HostFunction>>;

/** What the host functions of one guest work on. */
export type Guest = {
  readonly memory: GuestMemory;
  readonly descriptors: Descriptors;
  readonly space: FileSpace;
  readonly layout: Layout;
  readonly args: readonly Uint8Array[];
  /** `NAME=value`, each. Secret. */
  readonly environment: readonly Uint8Array[];
  readonly clockStepMs: number;
};

/** Thrown through the guest to end it: `proc_exit`. */
export class GuestExit extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super("exit");
    this.exitCode = exitCode;
  }
}

/** Thrown through the guest to end it: one of the limits that the child sees (`STOPS`). */
export class GuestStop extends Error {
  readonly limit: "stdout" | "stderr" | "hostCalls";
  constructor(limit: "stdout" | "stderr" | "hostCalls") {
    super("stop");
    this.limit = limit;
  }
}
