import type { ChildProcess } from "node:child_process";
import type { Duplex, Readable, Writable } from "node:stream";
import { FRAME_HEADER_BYTES, FROM_CHILD } from "../child/frames.ts";
import { createFrameReader, type Frame } from "./childPipe.ts";
import { type LaunchSize, launch, type OptionalLimit } from "./launch.ts";

/** How a process ended, when it ended by itself. `ranOut`: V8's last words were of memory. */
export type ChildExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly ranOut: boolean };

/** A child that is started and has run nothing. */
export type Child = {
  readonly pid: number;
  /** Fulfilled when it waits for its module; rejected when it cannot be started. */
  readonly ready: Promise<void>;
  readonly exited: Promise<ChildExit>;
  /** Frames after READY, and `undefined` once when the child does not keep to the protocol. Set before anything is sent. */
  onFrame: (frame: Frame | undefined) => void;
  /** Sends a frame; with `isSecret` the payload is zeroed as soon as the system has it. */
  readonly send: (type: number, payload: Uint8Array, isSecret?: boolean) => void;
  /** SIGKILL to the whole group. */
  readonly kill: () => void;
};

const LAST_WORDS = 8_192;

/** Living children of this process, so that one `exit` handler ends them all. */
const living = new Set<Child>();
process.on("exit", () => {
  for (const child of living) child.kill();
});

/** Waits for a child, for so long: one that is stopped, or hangs before Node begins, is no child to wait for. Rejects like `ready`. */
export const readyWithin = async ({ ready }: Pick<Child, "ready">, milliseconds: number): Promise<void> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("The process did not get ready in time.")), milliseconds);
  await Promise.race([ready, late.promise]).finally(() => clearTimeout(timer));
};

/** Throws where this process has no descriptors left for another one. */
export const startChild = (size: LaunchSize, without: ReadonlySet<OptionalLimit>): Child => {
  const started: ChildProcess = launch(size, without);
  started.on("error", () => undefined); // first of all: an error that nobody hears ends the runner
  if (!Array.isArray(started.stdio)) throw new Error("No descriptors are left for the process's pipes.");
  const [toChild, , lastWords, fromChild] = started.stdio as unknown as [Writable, null, Readable, Duplex]; // as `launch` asks for
  let words = "";
  lastWords.on("data", (bytes: Buffer) => {
    words = (words + bytes.toString("latin1")).slice(-LAST_WORDS); // for one question, never printed: the guest may have a hand in it
  });
  for (const pipe of [toChild, lastWords, fromChild]) pipe.on("error", () => undefined); // a pipe breaks when the child dies, which `exited` says
  const read = createFrameReader();
  const exited = new Promise<ChildExit>((resolve) => {
    started.on("error", () => resolve({ code: null, signal: null, ranOut: false }));
    started.on("close", (code, signal) => resolve({ code, signal, ranOut: /out of memory|allocation failed|OOM/i.test(words) }));
  });
  let isReady = false;
  const ready = new Promise<void>((resolve, reject) => {
    fromChild.on("data", (chunk: Buffer) => {
      const frames = read(chunk);
      for (const frame of frames ?? []) {
        if (isReady) child.onFrame(frame);
        else if (frame.type === FROM_CHILD.ready) {
          isReady = true;
          resolve();
        }
      }
      if (frames === undefined) child.onFrame(undefined);
    });
    void exited.then(() => {
      living.delete(child);
      reject(new Error("The process ended before it was ready."));
    });
  });
  ready.catch(() => undefined);
  const child: Child = {
    pid: started.pid ?? 0,
    ready,
    exited,
    onFrame: () => undefined,
    send: (type, payload, isSecret = false) => {
      const header = Buffer.alloc(FRAME_HEADER_BYTES);
      header.writeUInt8(type, 0);
      header.writeUInt32LE(payload.length, 1);
      toChild.write(header);
      toChild.write(payload, () => {
        if (isSecret) payload.fill(0);
      });
    },
    kill: () => {
      if (started.pid === undefined || started.exitCode !== null || started.signalCode !== null) return;
      try {
        process.kill(-started.pid, "SIGKILL");
      } catch {
        started.kill("SIGKILL"); // its group is not made yet, or is gone
      }
    },
  };
  living.add(child);
  return child;
};
