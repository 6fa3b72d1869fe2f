import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { fileFailure } from "@keyquorum/chain/node";
import { KeyquorumError } from "@keyquorum/wire";
import type { DocumentContent } from "../types.ts";

const PIECE_BYTES = 256 * 1024;
/** A file of up to so many bytes is read at once, and is as long as what was read, whatever the system says: 1 MiB. */
const AT_ONCE_BYTES = 1024 * 1024;

/**
 * A file as a document, read while it is encrypted; `bytes` is its length where that is known. The name is the file's own.
 *
 * All of it, as it was when this was called: what the system says of a length is not believed (files of /proc say 0), and a file that changes before it
 * is read to its end is refused. Throws INVALID_VALUE when there is no such file, when it is not a regular file, and, also while the content is read, when
 * it changes; FILE_FAILED when it cannot be read.
 */
export const fileContent = async (path: string): Promise<{ readonly content: DocumentContent; readonly bytes?: number }> => {
  const name = basename(path);
  return withFile(path, async (file, before) => {
    const start = await readUpTo(path, file, AT_ONCE_BYTES + 1);
    if (isChanged(before, await file.stat({ bigint: true }))) throw changed(path);
    if (start.length <= AT_ONCE_BYTES) return { content: { file: start, name }, bytes: start.length };
    const size = Number(before.size);
    const known = size === 0 ? {} : { size };
    return { content: { file: readWhole(path, before), name, ...known }, ...(size === 0 ? {} : { bytes: size }) };
  });
};

async function* readWhole(path: string, before: BigIntStats): AsyncGenerator<Uint8Array> {
  const file = await openFile(path);
  try {
    if (isChanged(before, await file.stat({ bigint: true }))) throw changed(path);
    const size = Number(before.size);
    let length = 0;
    for (;;) {
      const piece = await readUpTo(path, file, PIECE_BYTES);
      length += piece.length;
      const isOver = piece.length < PIECE_BYTES;
      const isOther = size > 0 && (isOver ? length !== size : length > size);
      if (isOther || (isOver && isChanged(before, await file.stat({ bigint: true })))) throw changed(path);
      yield piece;
      if (isOver) return;
    }
  } finally {
    await file.close();
  }
}

/** Fewer only at the end of the file. */
const readUpTo = async (path: string, file: FileHandle, length: number): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, null).catch((cause: NodeJS.ErrnoException) => {
      throw fileFailure(path, "read", cause);
    });
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? bytes : bytes.slice(0, filled);
};

const withFile = async <T>(path: string, work: (file: FileHandle, found: BigIntStats) => Promise<T>): Promise<T> => {
  const file = await openFile(path);
  try {
    const found = await file.stat({ bigint: true });
    if (!found.isFile()) throw new KeyquorumError("INVALID_VALUE", `${path} is not a file.`, { details: { path } });
    return await work(file, found);
  } finally {
    await file.close();
  }
};

/** Does not wait for the other end of a pipe. */
const openFile = (path: string): Promise<FileHandle> =>
  open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((cause: NodeJS.ErrnoException) => {
    throw new KeyquorumError("INVALID_VALUE", `${path} cannot be read (${cause.code ?? cause.message}).`, { details: { path }, cause });
  });

const isChanged = (before: BigIntStats, after: BigIntStats): boolean =>
  (["dev", "ino", "size", "mtimeNs"] as const).some((fact) => before[fact] !== after[fact]);

const changed = (path: string): KeyquorumError =>
  new KeyquorumError("INVALID_VALUE", `${path} changed while it was read. Encrypt a copy that stays as it is.`, { details: { path } });
