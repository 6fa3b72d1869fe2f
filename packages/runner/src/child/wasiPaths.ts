import { ERRNO, refuse } from "./errno.ts";
import { type Directory, type FileNode, type Place, walk } from "./files.ts";
import type { Guest, HostFunctions } from "./guest.ts";
import { FILE_TYPES, writeFilestat } from "./layout.ts";

const [CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE] = [1, 2, 4, 8];
const [RIGHT_WRITE, APPEND] = [64n, 1];

/** The place that a guest names. `fd` is an open directory. */
const placeOf = ({ descriptors, memory }: Guest, fd: number, path: number, length: number): Place =>
  walk(descriptors.directory(fd), memory.text(path, length, ERRNO.illegalBytes));

const existing = (place: Place): FileNode => place.node ?? refuse(ERRNO.notThere);

/** A name that can be made or taken away: not a directory itself. */
const nameOf = ({ name }: Place): string => (name === "" ? refuse(ERRNO.invalid) : name);

const open = (guest: Guest, place: Place, { flags, rights, fdFlags }: { flags: number; rights: bigint; fdFlags: number }): number => {
  const wantsDirectory = (flags & DIRECTORY) !== 0;
  if (place.node !== undefined && (flags & EXCLUSIVE) !== 0 && (flags & CREATE) !== 0) refuse(ERRNO.exists);
  if (place.node === undefined && (flags & CREATE) === 0) refuse(ERRNO.notThere);
  if (place.node === undefined && (wantsDirectory || place.mustBeDirectory)) refuse(ERRNO.invalid);
  const node = place.node ?? guest.space.add(place.parent, nameOf(place), "file");
  if (node.kind === "directory") return guest.descriptors.open({ kind: "directory", directory: node, preopened: undefined });
  if (wantsDirectory) refuse(ERRNO.notDirectory);
  const canWrite = (BigInt.asUintN(64, rights) & RIGHT_WRITE) !== 0n;
  if (node.isReadOnly && (canWrite || (flags & TRUNCATE) !== 0)) refuse(ERRNO.readOnly);
  if ((flags & TRUNCATE) !== 0) guest.space.resize(node, 0);
  return guest.descriptors.open({ kind: "file", file: node, canWrite, isAppending: (fdFlags & APPEND) !== 0, position: 0 });
};

const isInside = (outer: FileNode, inner: Directory): boolean =>
  outer === inner || (outer.kind === "directory" && [...outer.entries.values()].some((node) => isInside(node, inner)));

const rename = (guest: Guest, from: Place, to: Place): number => {
  const [node, name] = [existing(from), nameOf(to)];
  if (from.parent.isReadOnly || to.parent.isReadOnly) refuse(ERRNO.readOnly);
  if (node.kind === "file" && to.mustBeDirectory) refuse(ERRNO.notDirectory);
  if (isInside(node, to.parent)) refuse(ERRNO.invalid);
  if (to.node === node) return ERRNO.success;
  if (to.node?.kind === "directory") {
    if (node.kind === "file") refuse(ERRNO.isDirectory);
    if (to.node.entries.size > 0) refuse(ERRNO.notEmpty);
  } else if (to.node !== undefined && node.kind === "directory") refuse(ERRNO.notDirectory);
  if (to.node !== undefined) guest.space.remove(to.parent, name); // its bytes and its entry are free again
  from.parent.entries.delete(nameOf(from));
  to.parent.entries.set(name, node);
  return ERRNO.success;
};

/** The functions over paths. Links are not offered: one file has one name. */
export const wasiPaths = (guest: Guest): HostFunctions => ({
  path_create_directory: (fd: number, path: number, length: number) => {
    const place = placeOf(guest, fd, path, length);
    if (place.node !== undefined) return ERRNO.exists;
    guest.space.add(place.parent, nameOf(place), "directory");
    return ERRNO.success;
  },
  path_filestat_get: (fd: number, _flags: number, path: number, length: number, into: number) => {
    const node = existing(placeOf(guest, fd, path, length));
    const size = node.kind === "file" ? node.size : 0;
    writeFilestat(guest.memory, guest.layout, into, { inode: node.inode, type: FILE_TYPES[node.kind], size });
    return ERRNO.success;
  },
  path_filestat_set_times: (fd: number, _flags: number, path: number, length: number) => {
    existing(placeOf(guest, fd, path, length));
    return ERRNO.success;
  },
  path_open: (
    fd: number,
    _follow: number,
    path: number,
    length: number,
    flags: number,
    rights: bigint,
    _inherited: bigint,
    fdFlags: number,
    into: number,
  ) => {
    guest.memory.view(into, 4);
    guest.memory.setU32(into, open(guest, placeOf(guest, fd, path, length), { flags, rights, fdFlags }));
    return ERRNO.success;
  },
  path_readlink: (fd: number, path: number, length: number) => {
    existing(placeOf(guest, fd, path, length));
    return ERRNO.invalid; // it is no link
  },
  path_remove_directory: (fd: number, path: number, length: number) => {
    const place = placeOf(guest, fd, path, length);
    const node = existing(place);
    if (node.kind !== "directory") return ERRNO.notDirectory;
    if (node.entries.size > 0) return ERRNO.notEmpty;
    guest.space.remove(place.parent, nameOf(place));
    return ERRNO.success;
  },
  path_rename: (fd: number, path: number, length: number, toFd: number, toPath: number, toLength: number) =>
    rename(guest, placeOf(guest, fd, path, length), placeOf(guest, toFd, toPath, toLength)),
  path_unlink_file: (fd: number, path: number, length: number) => {
    const place = placeOf(guest, fd, path, length);
    if (existing(place).kind === "directory") return ERRNO.isDirectory;
    guest.space.remove(place.parent, nameOf(place));
    return ERRNO.success;
  },
  path_link: () => ERRNO.notOffered,
  path_symlink: () => ERRNO.notOffered,
});
