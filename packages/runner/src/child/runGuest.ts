import { blocklessHttp } from "./blocklessHttp.ts";
import { BLOCKLESS_MEMORY_FAULT, blocklessMemory } from "./blocklessMemory.ts";
import { Descriptors } from "./descriptors.ts";
import { type Directory, FileSpace } from "./files.ts";
import { ENDINGS, type InputNames, type Setup, STOPS } from "./frames.ts";
import { FUEL_IMPORT, FUEL_TRAP } from "./fuel.ts";
import { guarded } from "./guarded.ts";
import { type Guest, GuestExit, GuestStop } from "./guest.ts";
import { GuestMemory } from "./guestMemory.ts";
import type { AskRunner } from "./hostCalls.ts";
import { type Layout, PREVIEW_1, UNSTABLE } from "./layout.ts";
import { secretCalls } from "./secretCalls.ts";
import { trapCode } from "./traps.ts";
import { wasiDescriptors } from "./wasiDescriptors.ts";
import { wasiPaths } from "./wasiPaths.ts";
import { wasiProcess } from "./wasiProcess.ts";
import { type Memory, type Module, webAssembly } from "./webAssembly.ts";

/** What a run is given. The values are secret. */
export type Inputs = {
  readonly names: InputNames;
  readonly stdin: Uint8Array;
  readonly env: readonly Uint8Array[];
  readonly secretFiles: readonly Uint8Array[];
  readonly files: readonly Uint8Array[];
};

/** `fuel`: what a metered module took. */
export type Ending = { readonly kind: number; readonly code: number; readonly fuel?: bigint };

const utf8 = new TextEncoder();

const concat = (first: string, second: Uint8Array): Uint8Array => {
  const start = utf8.encode(first);
  const both = new Uint8Array(start.length + second.length);
  both.set(start);
  both.set(second, start.length);
  return both;
};

/** Puts a given file into a directory, with the directories of its path. The runner has checked the names. */
const place = (space: FileSpace, root: Directory, path: string, bytes: Uint8Array): void => {
  const parts = path.split("/");
  let at = root;
  for (const part of parts.slice(0, -1)) {
    const next = at.entries.get(part) ?? space.directory(root.isReadOnly);
    if (next.kind !== "directory") return;
    at.entries.set(part, next);
    at = next;
  }
  at.entries.set(parts.at(-1) ?? path, space.given(bytes, root.isReadOnly));
};

/** Runs a compiled module to its end and says how it ended. Never throws. */
export const runGuest = (
  module: Module,
  {
    setup,
    inputs,
    output,
    askRunner,
  }: {
    readonly setup: Setup;
    readonly inputs: Inputs;
    readonly output: { readonly stdout: (bytes: Uint8Array) => void; readonly stderr: (bytes: Uint8Array) => void };
    readonly askRunner: AskRunner;
  },
): Ending => {
  const memories = { wasi: new GuestMemory(), ours: new GuestMemory(2), blockless: new GuestMemory(BLOCKLESS_MEMORY_FAULT) };
  const space = new FileSpace(setup.temporaryBytes);
  const [temporary, secrets] = [space.directory(), space.directory(true)];
  for (const [index, path] of inputs.names.files.entries()) place(space, temporary, path, inputs.files[index] ?? new Uint8Array(0));
  for (const [index, path] of inputs.names.secretFiles.entries())
    place(space, secrets, path, inputs.secretFiles[index] ?? new Uint8Array(0));
  const descriptors = new Descriptors();
  descriptors.open({ kind: "input", bytes: inputs.stdin, position: 0 });
  descriptors.open({ kind: "output", write: output.stdout });
  descriptors.open({ kind: "output", write: output.stderr });
  descriptors.open({ kind: "directory", directory: temporary, preopened: "/tmp" });
  descriptors.open({ kind: "directory", directory: secrets, preopened: "/secrets" });
  const guest = (layout: Layout): Guest => ({
    memory: memories.wasi,
    descriptors,
    space,
    layout,
    args: setup.args.map((arg) => utf8.encode(arg)),
    environment: inputs.names.env.map((name, index) => concat(`${name}=`, inputs.env[index] ?? new Uint8Array(0))),
    clockStepMs: setup.clockStepMs,
  });
  const wasi = (layout: Layout) =>
    guarded({ ...wasiProcess(guest(layout)), ...wasiDescriptors(guest(layout)), ...wasiPaths(guest(layout)) });
  const environment = Object.fromEntries(inputs.names.env.map((name, index) => [name, new TextDecoder().decode(inputs.env[index])]));
  const [granted, fuel] = [BigInt(setup.fuel ?? 0), new webAssembly.Global({ value: "i64", mutable: true }, BigInt(setup.fuel ?? 0))];
  const ended = (ending: Ending): Ending => {
    if (setup.fuel === undefined) return ending;
    const isUsedUp = fuel.value < 0n; // it trapped for that, and not for another reason: nothing runs after it
    return { ...(isUsedUp ? { kind: ENDINGS.trapped, code: FUEL_TRAP } : ending), fuel: isUsedUp ? granted : granted - fuel.value };
  };
  try {
    const instance = new webAssembly.Instance(module, {
      wasi_snapshot_preview1: wasi(PREVIEW_1),
      wasi_unstable: wasi(UNSTABLE),
      keyquorum: secretCalls(memories.ours, askRunner),
      blockless_memory: blocklessMemory(memories.blockless, { stdin: inputs.stdin, environment }),
      blockless_http: blocklessHttp(memories.ours, askRunner),
      ...(setup.fuel === undefined ? {} : { [FUEL_IMPORT.module]: { [FUEL_IMPORT.name]: fuel } }),
    });
    for (const memory of Object.values(memories)) memory.attach(instance.exports.memory as Memory); // the validator has seen it
    (instance.exports._start as () => void)();
    return ended({ kind: ENDINGS.exited, code: 0 });
  } catch (error) {
    return ended(endingOf(error));
  }
};

const endingOf = (error: unknown): Ending => {
  if (error instanceof GuestExit) return { kind: ENDINGS.exited, code: error.exitCode };
  if (error instanceof GuestStop) return { kind: ENDINGS.stopped, code: STOPS.indexOf(error.limit) };
  if (error instanceof webAssembly.LinkError) return { kind: ENDINGS.notLinked, code: 0 };
  if (error instanceof webAssembly.RuntimeError || error instanceof RangeError) return { kind: ENDINGS.trapped, code: trapCode(error) };
  return { kind: ENDINGS.broken, code: 0 };
};
