import { VaultError } from "../errors.ts";

const NO_SPACE: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** Does work on a vault's files. What the file system refuses becomes VAULT_DISK_FULL or VAULT_IO with a sentence; other errors pass. */
export const onFiles = <Result>(directory: string, work: () => Result): Result => {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    if (NO_SPACE.has(code))
      throw new VaultError(
        "VAULT_DISK_FULL",
        `The disk of ${directory} is full. Free some space and continue.`,
        { directory },
        { cause: error },
      );
    throw new VaultError(
      "VAULT_IO",
      `The directory ${directory} cannot be made, read or written (${code}). Check its path, and its owner and mode.`,
      { directory, reason: code },
      { cause: error },
    );
  }
};
