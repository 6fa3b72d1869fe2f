import { lstat } from "node:fs/promises";
import { basename, sep } from "node:path";
import { KeyquorumError } from "@keyquorum/wire";

/** What every file system of today takes for one name; a few take less. */
const MAX_NAME_BYTES = 255;

/** A file that is there already and was not to be replaced. */
export class FileExistsError extends KeyquorumError {
  readonly path: string;

  constructor(path: string) {
    super("FILE_EXISTS", `${path} exists already.`, { details: { path } });
    this.name = "FileExistsError";
    this.path = path;
  }
}

/**
 * Refuses a place where no file can be written whole: before a document is read and paid for, and again before it is moved there.
 *
 * Only a regular file is ever replaced. A device, a pipe, a socket or a folder never is, and neither is a symbolic link, wherever it leads: moving a file
 * there would replace the link, and following it would write where nobody said. Links among the folders on the way are followed.
 * Throws FileExistsError, INVALID_VALUE, FILE_FAILED.
 */
export const checkFileTarget = async (path: string, { replace = false }: { readonly replace?: boolean } = {}): Promise<void> => {
  if (typeof path !== "string" || path === "" || path.includes("\0") || path.endsWith("/") || path.endsWith(sep) || isFolderName(path))
    throw new KeyquorumError("INVALID_VALUE", `${JSON.stringify(path)} is not the name of a file.`, { details: { field: "path" } });
  const tooLong = path.split(/[/\\]/).find((name) => Buffer.byteLength(name) > MAX_NAME_BYTES);
  if (tooLong !== undefined) throw nameTooLong(tooLong);
  const found = await lstat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw fileFailure(path, "written", cause);
  });
  if (found === undefined) return;
  if (found.isSymbolicLink())
    throw new KeyquorumError("INVALID_VALUE", `${path} is a symbolic link: name the file itself, or remove the link.`, {
      details: { path },
    });
  if (!found.isFile())
    throw new KeyquorumError(
      "INVALID_VALUE",
      `${path} is ${found.isDirectory() ? "a folder" : "not a regular file"}; it is left as it is.`,
      {
        details: { path },
      },
    );
  if (!replace) throw new FileExistsError(path);
};

/** A system's error as one of ours: names that are too long are counted in bytes, as file systems do. */
export const fileFailure = (path: string, what: "read" | "written", cause: NodeJS.ErrnoException): KeyquorumError => {
  if (cause.code === "ENAMETOOLONG")
    return new KeyquorumError(
      "INVALID_VALUE",
      `The path ${path.slice(0, 20)}... is too long for this system: it has ${Buffer.byteLength(path)} bytes, ${Buffer.byteLength(basename(path))} of them in its last name.`,
      { details: { field: "path" }, cause },
    );
  const reason = REASONS[cause.code ?? ""] ?? cause.code ?? "unknown reason";
  return new KeyquorumError("FILE_FAILED", `${path} cannot be ${what} (${reason}).`, {
    details: { path, reason: cause.code ?? "" },
    retryable: cause.code === "ENOSPC" || cause.code === "EDQUOT",
    cause,
  });
};

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of its path is not a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
};

const isFolderName = (path: string): boolean => [".", ".."].includes(basename(path));

const nameTooLong = (name: string): KeyquorumError => {
  const bytes = Buffer.byteLength(name);
  return new KeyquorumError(
    "INVALID_VALUE",
    `The name ${name.slice(0, 20)}... has ${bytes} bytes; a file system takes at most ${MAX_NAME_BYTES}.`,
    { details: { field: "path", bytes } },
  );
};
