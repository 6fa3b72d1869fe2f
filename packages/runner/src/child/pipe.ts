import { readSync, writeSync } from "node:fs";
import { FRAME_HEADER_BYTES } from "./frames.ts";

/** The pipe from the runner, and the one to it. */
const [FROM_RUNNER, TO_RUNNER] = [0, 3];

/** The runner has gone, or has nothing more to say: the child ends. */
export const leave = (): never => process.exit(0);

const fill = (bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(FROM_RUNNER, bytes, done, bytes.length - done, null);
    if (read === 0) leave();
    done += read;
  }
};

/** Waits for the runner's next frame, which has to be of this type, and blocks: the guest waits with it, and spends no CPU. */
export const receive = (type: number): Uint8Array => {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  fill(header);
  if (header[0] !== type) leave();
  const payload = new Uint8Array(new DataView(header.buffer).getUint32(1, true));
  fill(payload);
  return payload;
};

export const send = (type: number, payload: Uint8Array): void => {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  frame[0] = type;
  new DataView(frame.buffer).setUint32(1, payload.length, true);
  frame.set(payload, FRAME_HEADER_BYTES);
  for (let done = 0; done < frame.length; ) done += writeSync(TO_RUNNER, frame, done, frame.length - done);
};
