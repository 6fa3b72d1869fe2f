import { MAX_OUTPUT_FRAME_BYTES } from "./frames.ts";
import { GuestStop } from "./guest.ts";

const FLUSH_BYTES = 16 * 1024;

/** One of the guest's outputs: gathered, and sent in frames, up to a limit. At the byte after it the guest is ended. */
export const createOutput = ({
  limit,
  name,
  send,
}: {
  readonly limit: number;
  readonly name: "stdout" | "stderr";
  readonly send: (bytes: Uint8Array) => void;
}): { readonly write: (bytes: Uint8Array) => void; readonly flush: () => void } => {
  const buffer = new Uint8Array(FLUSH_BYTES);
  let [held, total] = [0, 0];
  const flush = (): void => {
    if (held > 0) send(buffer.subarray(0, held));
    held = 0;
  };
  const write = (bytes: Uint8Array): void => {
    const allowed = bytes.subarray(0, limit - total);
    total += allowed.length;
    if (held + allowed.length > FLUSH_BYTES) flush();
    if (allowed.length > FLUSH_BYTES)
      for (let at = 0; at < allowed.length; at += MAX_OUTPUT_FRAME_BYTES) send(allowed.subarray(at, at + MAX_OUTPUT_FRAME_BYTES));
    else {
      buffer.set(allowed, held);
      held += allowed.length;
    }
    if (allowed.length < bytes.length) throw new GuestStop(name);
  };
  return { write, flush };
};
