import { ERRNO, refuse } from "./errno.ts";
import { type Guest, GuestExit, type HostFunctions } from "./guest.ts";

const [REALTIME, MONOTONIC] = [0, 1];
const [EVENT_CLOCK, EVENT_READ, EVENT_WRITE] = [0, 1, 2];
const MAX_SUBSCRIPTIONS = 1_024;

/** Writes a list of texts as C has them: pointers at `list`, and the texts, each with a zero behind it, at `texts`. */
const writeList = ({ memory }: Guest, items: readonly Uint8Array[], list: number, texts: number): number => {
  const pointers = memory.view(list, items.length * 4);
  const bytes = memory.range(texts, sizeOf(items));
  let at = 0;
  items.forEach((item, index) => {
    pointers.setUint32(index * 4, (texts >>> 0) + at, true);
    bytes.set(item, at);
    bytes[at + item.length] = 0;
    at += item.length + 1;
  });
  return ERRNO.success;
};

const sizeOf = (items: readonly Uint8Array[]): number => items.reduce((sum, item) => sum + item.length + 1, 0);

const writeSizes = ({ memory }: Guest, items: readonly Uint8Array[], count: number, size: number): number => {
  memory.setU32(count, items.length);
  memory.setU32(size, sizeOf(items));
  return ERRNO.success;
};

/** Nanoseconds of a clock, in whole steps. */
const now = ({ clockStepMs }: Guest, id: number): bigint => {
  if (id !== REALTIME && id !== MONOTONIC) refuse(ERRNO.invalid);
  const step = BigInt(clockStepMs) * 1_000_000n;
  const nanoseconds = id === REALTIME ? BigInt(Date.now()) * 1_000_000n : BigInt(Math.floor(performance.now() * 1e6));
  return clockStepMs <= 1 ? nanoseconds : (nanoseconds / step) * step;
};

const sleep = (milliseconds: number): void => {
  if (milliseconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(milliseconds, 2 ** 31));
};

/** Waits for the first of the subscriptions. Descriptors are always ready; clocks sleep, which takes of the run's wall time and of no CPU. */
const poll = (guest: Guest, subscriptions: number, events: number, count: number, written: number): number => {
  const { memory, layout } = guest;
  if (count >>> 0 === 0 || count >>> 0 > MAX_SUBSCRIPTIONS) refuse(ERRNO.invalid);
  const from = memory.view(subscriptions, count * layout.subscriptionBytes);
  const into = memory.view(events, count * 32);
  memory.view(written, 4);
  const asked = Array.from({ length: count }, (_, index) => {
    const at = index * layout.subscriptionBytes;
    const type = from.getUint8(at + 8);
    if (type !== EVENT_CLOCK)
      return { at, type, waitMs: 0, errno: type === EVENT_READ || type === EVENT_WRITE ? ERRNO.success : ERRNO.invalid };
    const id = from.getUint32(at + layout.clock.id, true);
    const timeout = from.getBigUint64(at + layout.clock.timeout, true);
    const isAbsolute = (from.getUint16(at + layout.clock.flags, true) & 1) !== 0;
    const left = isAbsolute ? timeout - now(guest, id) : timeout;
    return { at, type, waitMs: left <= 0n ? 0 : Number(left / 1_000n) / 1_000, errno: ERRNO.success };
  });
  const shortest = Math.min(...asked.map(({ waitMs }) => waitMs));
  const due = asked.filter(({ waitMs }) => waitMs <= shortest);
  const userdata = due.map(({ at }) => from.getBigUint64(at, true)); // read before events are written: the ranges may overlap
  sleep(shortest);
  due.forEach(({ type, errno }, index) => {
    for (let byte = 0; byte < 32; byte++) into.setUint8(index * 32 + byte, 0);
    into.setBigUint64(index * 32, userdata[index] ?? 0n, true);
    into.setUint16(index * 32 + 8, errno, true);
    into.setUint8(index * 32 + 10, type);
    if (type !== EVENT_CLOCK) into.setBigUint64(index * 32 + 16, 1n, true);
  });
  memory.setU32(written, due.length);
  return ERRNO.success;
};

const notOffered = (): number => ERRNO.notOffered;

/** Arguments, environment, clocks, random numbers, waiting, the end; signals and sockets are not offered. */
export const wasiProcess = (guest: Guest): HostFunctions => ({
  args_get: (list: number, texts: number) => writeList(guest, guest.args, list, texts),
  args_sizes_get: (count: number, size: number) => writeSizes(guest, guest.args, count, size),
  environ_get: (list: number, texts: number) => writeList(guest, guest.environment, list, texts),
  environ_sizes_get: (count: number, size: number) => writeSizes(guest, guest.environment, count, size),
  clock_res_get: (id: number, into: number) => {
    now(guest, id);
    guest.memory.setU64(into, BigInt(guest.clockStepMs) * 1_000_000n);
    return ERRNO.success;
  },
  clock_time_get: (id: number, _precision: bigint, into: number) => {
    guest.memory.setU64(into, now(guest, id));
    return ERRNO.success;
  },
  poll_oneoff: (subscriptions: number, events: number, count: number, written: number) =>
    poll(guest, subscriptions, events, count, written),
  proc_exit: (code: number) => {
    throw new GuestExit(code | 0);
  },
  random_get: (into: number, length: number) => {
    const bytes = guest.memory.range(into, length);
    for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    return ERRNO.success;
  },
  sched_yield: () => ERRNO.success,
  proc_raise: notOffered,
  sock_accept: notOffered,
  sock_recv: notOffered,
  sock_send: notOffered,
  sock_shutdown: notOffered,
});
