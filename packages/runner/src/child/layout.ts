import type { GuestMemory } from "./guestMemory.ts";

/** What differs between preview 1 and the older `wasi_unstable`. */
export type Layout = {
  /** How `whence` of fd_seek is written: set, current, end. */
  readonly whence: readonly ["set" | "current" | "end", "set" | "current" | "end", "set" | "current" | "end"];
  readonly filestatBytes: number;
  /** Where the size stands in a filestat; three times of 8 bytes follow it. */
  readonly filestatSize: number;
  readonly subscriptionBytes: number;
  /** Where a clock's id, timeout and flags stand in a subscription. */
  readonly clock: { readonly id: number; readonly timeout: number; readonly flags: number };
};

export const PREVIEW_1: Layout = {
  whence: ["set", "current", "end"],
  filestatBytes: 64,
  filestatSize: 32,
  subscriptionBytes: 48,
  clock: { id: 16, timeout: 24, flags: 40 },
};

export const UNSTABLE: Layout = {
  whence: ["current", "end", "set"],
  filestatBytes: 56,
  filestatSize: 24,
  subscriptionBytes: 56,
  clock: { id: 24, timeout: 32, flags: 48 },
};

export const FILE_TYPES = { input: 2, output: 2, file: 4, directory: 3 } as const;

/** Writes a filestat: inode, type, one link, size, and times that are all zero. */
export const writeFilestat = (
  memory: GuestMemory,
  layout: Layout,
  pointer: number,
  stat: { readonly inode: bigint; readonly type: number; readonly size: number },
): void => {
  const view = memory.view(pointer, layout.filestatBytes);
  for (let at = 0; at < layout.filestatBytes; at++) view.setUint8(at, 0);
  view.setBigUint64(8, stat.inode, true);
  view.setUint8(16, stat.type);
  if (layout.filestatBytes === 64) view.setBigUint64(24, 1n, true);
  else view.setUint32(20, 1, true);
  view.setBigUint64(layout.filestatSize, BigInt(stat.size), true);
};
