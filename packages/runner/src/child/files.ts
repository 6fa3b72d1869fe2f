import { ERRNO, refuse } from "./errno.ts";

/** Files in memory: a tree without links. */
export type File = { readonly kind: "file"; readonly inode: bigint; readonly isReadOnly: boolean; bytes: Uint8Array; size: number };
export type Directory = {
  readonly kind: "directory";
  readonly inode: bigint;
  readonly isReadOnly: boolean;
  readonly entries: Map<string, FileNode>;
};
export type FileNode = File | Directory;

const [MAX_ENTRIES, MAX_PATH_BYTES, MAX_DEPTH, MAX_NAME_BYTES] = [10_000, 4_096, 64, 255];

/** What /tmp may hold: bytes of all its files (as allocated) and entries. Makes and changes nodes, so that nothing grows uncounted. */
export class FileSpace {
  #bytesLeft: number;
  #entriesLeft = MAX_ENTRIES;
  #inode = 2n;

  constructor(bytes: number) {
    this.#bytesLeft = bytes;
  }

  directory(isReadOnly = false): Directory {
    return { kind: "directory", inode: this.#inode++, isReadOnly, entries: new Map() };
  }

  /** A file that is given and counts for nothing. */
  given(bytes: Uint8Array, isReadOnly: boolean): File {
    return { kind: "file", inode: this.#inode++, isReadOnly, bytes, size: bytes.length };
  }

  add(parent: Directory, name: string, kind: FileNode["kind"]): FileNode {
    if (parent.isReadOnly) refuse(ERRNO.readOnly);
    if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) refuse(ERRNO.nameTooLong);
    if (this.#entriesLeft <= 0) refuse(ERRNO.noSpace);
    this.#entriesLeft -= 1;
    const node = kind === "file" ? this.given(new Uint8Array(0), false) : this.directory();
    parent.entries.set(name, node);
    return node;
  }

  remove(parent: Directory, name: string): void {
    if (parent.isReadOnly) refuse(ERRNO.readOnly);
    const node = parent.entries.get(name);
    if (node === undefined) return;
    parent.entries.delete(name);
    this.#entriesLeft += 1;
    if (node.kind === "file") this.resize(node, 0); // descriptors that are still open see an empty file
  }

  resize(file: File, size: number): void {
    if (file.isReadOnly) refuse(ERRNO.readOnly);
    if (size > file.bytes.length) {
      const capacity = Math.min(Math.max(size, file.bytes.length * 2, 4096), Math.max(size, file.bytes.length + this.#bytesLeft));
      if (capacity - file.bytes.length > this.#bytesLeft) refuse(ERRNO.noSpace);
      this.#bytesLeft -= capacity - file.bytes.length;
      const bytes = new Uint8Array(capacity);
      bytes.set(file.bytes.subarray(0, file.size));
      file.bytes = bytes;
    } else if (size === 0) {
      this.#bytesLeft += file.bytes.length;
      file.bytes = new Uint8Array(0);
    } else if (size < file.size) file.bytes.fill(0, size, file.size);
    file.size = size;
  }

  write(file: File, offset: number, from: Uint8Array): void {
    if (file.isReadOnly) refuse(ERRNO.readOnly);
    if (from.length === 0) return;
    if (offset + from.length > file.size) this.resize(file, offset + from.length);
    file.bytes.set(from, offset);
  }
}

/** Where a path leads: the directory that holds its last part, that part's name (empty: the directory itself), and what is there. */
export type Place = {
  readonly parent: Directory;
  readonly name: string;
  readonly node: FileNode | undefined;
  readonly mustBeDirectory: boolean;
};

/** Walks a guest's path from a directory and never above it. */
export const walk = (from: Directory, path: string): Place => {
  if (path.length > MAX_PATH_BYTES) refuse(ERRNO.nameTooLong);
  if (path.includes("\0")) refuse(ERRNO.illegalBytes);
  if (path.startsWith("/")) refuse(ERRNO.notCapable);
  if (path === "") refuse(ERRNO.notThere);
  const above: Directory[] = [];
  let at: Place = { parent: from, name: "", node: from, mustBeDirectory: path.endsWith("/") };
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    const here = at.node ?? refuse(ERRNO.notThere);
    if (here.kind !== "directory") return refuse(ERRNO.notDirectory);
    if (part === "..") {
      const up = above.pop() ?? refuse(ERRNO.notCapable);
      at = { ...at, parent: up, name: "", node: up };
      continue;
    }
    if (above.length >= MAX_DEPTH) refuse(ERRNO.nameTooLong);
    above.push(here);
    at = { ...at, parent: here, name: part, node: here.entries.get(part) };
  }
  if (at.mustBeDirectory && at.node?.kind === "file") refuse(ERRNO.notDirectory);
  return at;
};
