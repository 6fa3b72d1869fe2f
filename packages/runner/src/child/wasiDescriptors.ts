import type { Descriptor } from "./descriptors.ts";
import { ERRNO, refuse } from "./errno.ts";
import type { File } from "./files.ts";
import type { Guest, HostFunctions } from "./guest.ts";
import { FILE_TYPES, writeFilestat } from "./layout.ts";

const [RIGHT_READ, RIGHT_WRITE, ALL_RIGHTS, APPEND] = [2n, 64n, 0x1fff_ffffn, 1];

const utf8 = new TextEncoder();

/** An offset or a size of the guest's as a number. No file is as long as what does not fit. */
const offsetOf = (value: bigint): number => {
  const unsigned = BigInt.asUintN(64, value);
  return unsigned <= 0xffff_ffff_ffffn ? Number(unsigned) : refuse(ERRNO.fileTooBig);
};

/** Copies from `bytes` at `offset` into the ranges, as much as there is. */
const scatter = (bytes: Uint8Array, offset: number, ranges: readonly Uint8Array[]): number => {
  let at = offset;
  for (const range of ranges) {
    const part = bytes.subarray(Math.min(at, bytes.length), Math.min(at + range.length, bytes.length));
    range.set(part);
    at += part.length;
    if (part.length < range.length) break;
  }
  return at - offset;
};

const contentOf = ({ bytes, size }: File): Uint8Array => bytes.subarray(0, size);

const gather = ({ space }: Guest, file: File, offset: number, ranges: readonly Uint8Array[]): number => {
  let at = offset;
  for (const range of ranges) {
    space.write(file, at, range);
    at += range.length;
  }
  return at - offset;
};

const writableFile = (guest: Guest, fd: number) => {
  const found = guest.descriptors.file(fd);
  return found.canWrite ? found : refuse(ERRNO.badDescriptor);
};

const read = (found: Descriptor, ranges: readonly Uint8Array[]): number => {
  if (found.kind === "directory") return refuse(ERRNO.isDirectory);
  if (found.kind === "output") return refuse(ERRNO.badDescriptor);
  const count = scatter(found.kind === "input" ? found.bytes : contentOf(found.file), found.position, ranges);
  found.position += count;
  return count;
};

const write = (guest: Guest, found: Descriptor, ranges: readonly Uint8Array[]): number => {
  if (found.kind === "output") {
    for (const range of ranges) found.write(range);
    return ranges.reduce((sum, { length }) => sum + length, 0);
  }
  if (found.kind === "directory") return refuse(ERRNO.isDirectory);
  if (found.kind === "input" || !found.canWrite) return refuse(ERRNO.badDescriptor);
  const count = gather(guest, found.file, found.isAppending ? found.file.size : found.position, ranges);
  found.position = found.isAppending ? found.file.size : found.position + count;
  return count;
};

const rightsOf = (found: Descriptor): bigint => {
  if (found.kind === "input") return RIGHT_READ;
  if (found.kind === "output") return RIGHT_WRITE;
  return found.kind === "file" && !found.canWrite ? ALL_RIGHTS & ~RIGHT_WRITE : ALL_RIGHTS;
};

const readDirectory = (guest: Guest, fd: number, into: number, length: number, cookie: bigint, used: number): number => {
  const buffer = guest.memory.range(into, length);
  const directory = guest.descriptors.directory(fd);
  const listed = [
    [".", directory] as const,
    ["..", directory] as const,
    ...[...directory.entries].map(([name, node]) => [name, node] as const),
  ];
  let at = 0;
  for (let index = Number(BigInt.asUintN(32, cookie)); index < listed.length && at < buffer.length; index++) {
    const [name, node] = listed[index] as (typeof listed)[number]; // inside by the loop's condition
    const text = utf8.encode(name);
    const entry = new Uint8Array(24 + text.length);
    const view = new DataView(entry.buffer);
    view.setBigUint64(0, BigInt(index + 1), true);
    view.setBigUint64(8, node.inode, true);
    view.setUint32(16, text.length, true);
    view.setUint8(20, FILE_TYPES[node.kind]);
    entry.set(text, 24);
    const part = entry.subarray(0, buffer.length - at);
    buffer.set(part, at);
    at += part.length;
  }
  guest.memory.setU32(used, at);
  return ERRNO.success;
};

const seek = (guest: Guest, fd: number, offset: bigint, whence: number, into: number): number => {
  const found = guest.descriptors.file(fd);
  const base = { set: 0, current: found.position, end: found.file.size }[guest.layout.whence[whence] ?? refuse(ERRNO.invalid)];
  const position = BigInt(base) + offset;
  if (position < 0n) refuse(ERRNO.invalid);
  guest.memory.setU64(into, position);
  found.position = offsetOf(position);
  return ERRNO.success;
};

const stat = (guest: Guest, fd: number, into: number): number => {
  const found = guest.descriptors.at(fd);
  const node = found.kind === "file" ? found.file : found.kind === "directory" ? found.directory : undefined;
  const size = node?.kind === "file" ? node.size : 0;
  writeFilestat(guest.memory, guest.layout, into, { inode: node?.inode ?? 1n, type: FILE_TYPES[found.kind], size });
  return ERRNO.success;
};

const done = (guest: Guest, fd: number): number => {
  guest.descriptors.at(fd);
  return ERRNO.success;
};

/** The functions over open descriptors. */
export const wasiDescriptors = (guest: Guest): HostFunctions => ({
  fd_advise: (fd: number) => done(guest, fd),
  fd_datasync: (fd: number) => done(guest, fd),
  fd_sync: (fd: number) => done(guest, fd),
  fd_fdstat_set_rights: (fd: number) => done(guest, fd),
  fd_filestat_set_times: (fd: number) => done(guest, fd),
  fd_allocate: (fd: number, offset: bigint, length: bigint) => {
    const { file } = writableFile(guest, fd);
    const size = offsetOf(offset) + offsetOf(length);
    if (size > file.size) guest.space.resize(file, size);
    return ERRNO.success;
  },
  fd_close: (fd: number) => {
    guest.descriptors.close(fd);
    return ERRNO.success;
  },
  fd_fdstat_get: (fd: number, into: number) => {
    const found = guest.descriptors.at(fd);
    const view = guest.memory.view(into, 24);
    view.setUint16(0, FILE_TYPES[found.kind], true);
    view.setUint16(2, found.kind === "file" && found.isAppending ? APPEND : 0, true);
    view.setUint32(4, 0, true);
    view.setBigUint64(8, rightsOf(found), true);
    view.setBigUint64(16, found.kind === "directory" ? ALL_RIGHTS : 0n, true);
    return ERRNO.success;
  },
  fd_fdstat_set_flags: (fd: number, flags: number) => {
    const found = guest.descriptors.at(fd);
    if (found.kind === "file") found.isAppending = (flags & APPEND) !== 0;
    return ERRNO.success;
  },
  fd_filestat_get: (fd: number, into: number) => stat(guest, fd, into),
  fd_filestat_set_size: (fd: number, size: bigint) => {
    guest.space.resize(writableFile(guest, fd).file, offsetOf(size));
    return ERRNO.success;
  },
  fd_pread: (fd: number, list: number, count: number, offset: bigint, into: number) => {
    guest.memory.setU32(into, 0);
    const ranges = guest.memory.ranges(list, count);
    guest.memory.setU32(into, scatter(contentOf(guest.descriptors.file(fd).file), offsetOf(offset), ranges));
    return ERRNO.success;
  },
  fd_pwrite: (fd: number, list: number, count: number, offset: bigint, into: number) => {
    guest.memory.setU32(into, 0);
    const ranges = guest.memory.ranges(list, count);
    guest.memory.setU32(into, gather(guest, writableFile(guest, fd).file, offsetOf(offset), ranges));
    return ERRNO.success;
  },
  fd_read: (fd: number, list: number, count: number, into: number) => {
    guest.memory.view(into, 4);
    guest.memory.setU32(into, read(guest.descriptors.at(fd), guest.memory.ranges(list, count)));
    return ERRNO.success;
  },
  fd_write: (fd: number, list: number, count: number, into: number) => {
    guest.memory.view(into, 4);
    guest.memory.setU32(into, write(guest, guest.descriptors.at(fd), guest.memory.ranges(list, count)));
    return ERRNO.success;
  },
  fd_prestat_get: (fd: number, into: number) => {
    const found = guest.descriptors.at(fd);
    if (found.kind !== "directory" || found.preopened === undefined) return ERRNO.badDescriptor;
    const view = guest.memory.view(into, 8);
    view.setUint32(0, 0, true);
    view.setUint32(4, utf8.encode(found.preopened).length, true);
    return ERRNO.success;
  },
  fd_prestat_dir_name: (fd: number, into: number, length: number) => {
    const found = guest.descriptors.at(fd);
    if (found.kind !== "directory" || found.preopened === undefined) return ERRNO.badDescriptor;
    const name = utf8.encode(found.preopened);
    if (name.length > length >>> 0) return ERRNO.nameTooLong;
    guest.memory.range(into, name.length).set(name);
    return ERRNO.success;
  },
  fd_readdir: (fd: number, into: number, length: number, cookie: bigint, used: number) =>
    readDirectory(guest, fd, into, length, cookie, used),
  fd_renumber: (from: number, to: number) => {
    guest.descriptors.renumber(from, to);
    return ERRNO.success;
  },
  fd_seek: (fd: number, offset: bigint, whence: number, into: number) => seek(guest, fd, offset, whence, into),
  fd_tell: (fd: number, into: number) => {
    guest.memory.setU64(into, BigInt(guest.descriptors.file(fd).position));
    return ERRNO.success;
  },
});
