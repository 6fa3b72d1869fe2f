/**
 * The two pipes between a runner and a child: frames of type (1 byte), length (4 bytes, little endian) and payload. The child is trusted with nothing
 * once the guest runs: the parent bounds every length before it reads.
 */
export const FRAME_HEADER_BYTES = 5;

/** From the runner to the child. SETUP, MODULE, INPUTS in this order; an ANSWER to each CALL. */
export const TO_CHILD = { setup: 1, module: 2, inputs: 3, answer: 4 } as const;

/** From the child to the runner. */
export const FROM_CHILD = { ready: 1, compiled: 2, stdout: 3, stderr: 4, call: 5, end: 6 } as const;

/**
 * The first byte of an END; a code of 4 bytes follows (signed): the exit code, the trap's number, or the limit's place in `STOPS`. Then 8
 * bytes: the fuel that a metered module took, else 0.
 */
export const ENDINGS = { exited: 0, trapped: 1, stopped: 2, notCompiled: 3, notLinked: 4, broken: 5 } as const;

/** Bytes of an END: kind, code, fuel. */
export const END_BYTES = 13;

/** Limits that the child itself sees reached. */
export const STOPS = ["stdout", "stderr", "hostCalls"] as const;

/** The first byte of a CALL. */
export const CALLS = { openSecret: 1, http: 2 } as const;

/** Bytes of one CALL, and of one STDOUT or STDERR. */
export const MAX_CALL_BYTES = 2 * 1024 * 1024;
export const MAX_OUTPUT_FRAME_BYTES = 64 * 1024;

/** What the runner tells the child about a run. Nothing of it is secret. */
export type Setup = {
  readonly args: readonly string[];
  /** Pages of 64 KiB that the module's memory may grow to. */
  readonly memoryPages: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly hostCalls: number;
  /** Bytes of all files in /tmp together. */
  readonly temporaryBytes: number;
  /** Clocks step by so many milliseconds: 1, or more for a coarse clock. */
  readonly clockStepMs: number;
  /** The fuel that a metered module may take; left out of one that is not. */
  readonly fuel?: number;
};

/** The first part of INPUTS, as JSON; the parts after it are stdin, then the values of `env`, the bytes of `secretFiles`, of `files`. */
export type InputNames = {
  readonly env: readonly string[];
  readonly secretFiles: readonly string[];
  readonly files: readonly string[];
};

/** Joins parts: 4 bytes of length each, little endian, and the bytes. */
export const joinParts = (parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(joined.buffer);
  let offset = 0;
  for (const part of parts) {
    view.setUint32(offset, part.length, true);
    joined.set(part, offset + 4);
    offset += 4 + part.length;
  }
  return joined;
};

/** Splits what `joinParts` joined, without copying; undefined where the lengths do not fit. */
export const splitParts = (joined: Uint8Array): readonly Uint8Array[] | undefined => {
  const view = new DataView(joined.buffer, joined.byteOffset, joined.length);
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < joined.length; ) {
    if (joined.length - offset < 4) return undefined;
    const length = view.getUint32(offset, true);
    if (length > joined.length - offset - 4) return undefined;
    parts.push(joined.subarray(offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return parts;
};
