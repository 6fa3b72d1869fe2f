import { fstatSync, writeSync } from "node:fs";
import type { Writable } from "node:stream";

/** Where lines go: one JSON object with a newline each. */
export type LogDestination = { readonly write: (line: string) => void };

/** Where log lines go: never waited for, never the end of the process, bounded in memory. */
export type LogLines = LogDestination & {
  /** Lines that nobody will read: written while the buffer was full, or after the reader went away. */
  readonly dropped: () => number;
  /** Resolves when everything that was written has left this process, or after so many milliseconds; true: it has. */
  readonly flush: (milliseconds: number) => Promise<boolean>;
};

/** About 5,000 lines. */
const MAX_WAITING_BYTES = 1_048_576;
const LOOK_AGAIN_MILLISECONDS = 10;

/**
 * Writes lines to a stream whose reader may be slow, stop, or go away. What waits is bounded: lines that do not fit are dropped and counted, and
 * when there is room again one line says how many are missing.
 * @param now milliseconds since 1970, for that line
 */
export const streamLines = (
  stream: Writable,
  { maxWaitingBytes = MAX_WAITING_BYTES, now = Date.now }: { readonly maxWaitingBytes?: number; readonly now?: () => number } = {},
): LogLines => {
  let dropped = 0;
  let unsaid = 0;
  let isGone = false;
  stream.on("error", () => {
    isGone = true; // EPIPE and its like: the program continues without a reader
  });
  const hasRoomFor = (line: string): boolean => stream.writableLength === 0 || stream.writableLength + line.length <= maxWaitingBytes;

  const write = (line: string): void => {
    if (isGone || stream.destroyed || !hasRoomFor(line)) {
      dropped += 1;
      unsaid += 1;
      return;
    }
    if (unsaid > 0) {
      const notice = { level: "warn", time: new Date(now()).toISOString(), lines: unsaid, msg: "Log lines were dropped: nobody read them" };
      unsaid = 0;
      stream.write(`${JSON.stringify(notice)}\n`);
    }
    stream.write(line);
  };

  const flush = async (milliseconds: number): Promise<boolean> => {
    for (let waited = 0; !isGone && stream.writableLength > 0; waited += LOOK_AGAIN_MILLISECONDS) {
      if (waited >= milliseconds) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MILLISECONDS));
    }
    return !isGone;
  };
  return { write, dropped: () => dropped, flush };
};

/** Writes lines to a file at once. A full disk costs the lines of that time. */
export const fileLines = (descriptor: number, write: (descriptor: number, line: string) => number = writeSync): LogLines => {
  let dropped = 0;
  return {
    write: (line) => {
      try {
        write(descriptor, line);
      } catch {
        dropped += 1;
      }
    },
    dropped: () => dropped,
    flush: () => Promise.resolve(true),
  };
};

/** What Node's streams over pipes and terminals have. */
type StreamWithHandle = Writable & { readonly _handle?: { readonly setBlocking?: (isBlocking: boolean) => unknown } };

/** The lines of this process's standard output. */
export const outputLines = (): LogLines => {
  const { stdout } = process;
  if (fstatSync(stdout.fd).isFile()) return fileLines(stdout.fd);
  // Node writes to a terminal and waits for it: one that was stopped by Ctrl-S would stop the program.
  (stdout as StreamWithHandle)._handle?.setBlocking?.(false);
  return streamLines(stdout);
};

/** Keeps standard error, which runtimes and libraries write to, from stopping the process. */
export const detachStandardError = (): void => {
  const { stderr } = process;
  stderr.on("error", () => undefined);
  (stderr as StreamWithHandle)._handle?.setBlocking?.(false);
};
