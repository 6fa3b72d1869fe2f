import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { borrowed, bytesOfPiece, isBytes } from "@keyquorum/wire";
import { checkFileTarget, FileExistsError, fileFailure } from "./fileTarget.ts";
import { moveToNewName } from "./moveToNewName.ts";

/**
 * Writes a file so that it is there whole or not at all, also when the machine stops: to a neighbour first, flushed, then moved into place. Returns its
 * length in bytes. A stream that fails, a decryption cut short for one, leaves nothing behind.
 *
 * Throws FileExistsError unless `replace` is true; INVALID_VALUE where there is anything but a regular file, a symbolic link included, and for a name of
 * more bytes than a file system takes; FILE_FAILED; and what the stream throws.
 */
export const writeAtomically = async (
  path: string,
  content: AsyncIterable<Uint8Array> | Uint8Array,
  options: { readonly replace?: boolean /** Permission bits of the new file. */; readonly mode?: number } = {},
): Promise<number> => {
  const { replace = false, mode = 0o600 } = options;
  const onDisk = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause: NodeJS.ErrnoException) => Promise.reject(fileFailure(path, "written", cause)));

  await checkFileTarget(path, { replace });
  const folder = dirname(path);
  await onDisk(mkdir(folder, { recursive: true }));
  const temporary = join(folder, `.${randomBytes(8).toString("hex")}.part`); // a name of its own: the target's may be as long as names can be
  const file = await onDisk(open(temporary, "wx", mode));
  let length = 0;
  try {
    try {
      for await (const piece of isBytes(content) ? [content] : borrowed(content)) {
        const bytes = bytesOfPiece(piece);
        await onDisk(writeWhole(file, bytes));
        length += bytes.length;
      }
      await onDisk(file.sync());
    } finally {
      await file.close();
    }
    await checkFileTarget(path, { replace }); // it may have been made meanwhile
    const move = replace ? rename(temporary, path) : moveToNewName(temporary, path);
    await move.catch((cause: NodeJS.ErrnoException) =>
      Promise.reject(cause.code === "EEXIST" ? new FileExistsError(path) : fileFailure(path, "written", cause)),
    );
  } finally {
    await rm(temporary, { force: true });
  }
  await onDisk(syncFolder(folder));
  return length;
};

const writeWhole = async (file: FileHandle, piece: Uint8Array): Promise<void> => {
  for (let offset = 0; offset < piece.length; ) offset += (await file.write(piece, offset)).bytesWritten;
};

/** Makes the new name durable, where the system can do that for folders and lets this account. */
const syncFolder = async (folder: string): Promise<void> => {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!NO_SUCH_CALL.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
};

const NO_SUCH_CALL: readonly string[] = ["EACCES", "EPERM", "EISDIR", "EINVAL", "ENOTSUP"];
