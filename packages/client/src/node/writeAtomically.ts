import { randomBytes } from "node:crypto";
import { link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { single } from "../bytes.ts";

/** A file that is there already and was not to be replaced. */
export class FileExistsError extends Error {
  override readonly name = "FileExistsError";
  readonly code = "FILE_EXISTS";
  readonly path: string;

  constructor(path: string) {
    super(`${path} exists already; choose another name or remove it first.`);
    this.path = path;
  }
}

/**
 * Writes a file so that it is there whole or not at all: to a neighbour first, flushed, then moved into place. Returns its length in bytes.
 * A stream that fails, a decryption cut short for one, leaves nothing behind.
 * Throws FileExistsError unless `replace` is true, and what the stream or the file system throws.
 */
export const writeAtomically = async (
  path: string,
  content: AsyncIterable<Uint8Array> | Uint8Array,
  options: { readonly replace?: boolean /** Permission bits of the new file. */; readonly mode?: number } = {},
): Promise<number> => {
  const { replace = false, mode = 0o600 } = options;
  if (!replace && (await stat(path).catch(() => undefined)) !== undefined) throw new FileExistsError(path);
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString("hex")}.part`);
  const file = await open(temporary, "wx", mode);
  let length = 0;
  try {
    try {
      for await (const chunk of content instanceof Uint8Array ? single(content) : content) {
        await writeWhole(file, chunk);
        length += chunk.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (replace) await rename(temporary, path);
    // Unlike a rename, a link refuses a name that somebody else took in the meantime.
    else
      await link(temporary, path).catch((cause: NodeJS.ErrnoException) =>
        Promise.reject(cause.code === "EEXIST" ? new FileExistsError(path) : cause),
      );
  } finally {
    await rm(temporary, { force: true });
  }
  return length;
};

const writeWhole = async (file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> => {
  for (let offset = 0; offset < chunk.length; ) offset += (await file.write(chunk, offset)).bytesWritten;
};
