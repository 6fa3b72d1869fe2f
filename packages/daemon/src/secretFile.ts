import { readFile, stat } from "node:fs/promises";
import { OperatorError } from "./operatorError.ts";

const OTHERS = 0o077;
const MAX_BYTES = 65_536;

/**
 * Reads a file that holds a secret, without line ends at its end. Refuses a file that others than its owner can read or write.
 * Throws OperatorError SECRET_FILE_MISSING, SECRET_FILE_UNSAFE or SECRET_FILE_INVALID; no message holds any of the content.
 * @param what names the secret in messages, for example "vault passphrase"
 */
export const readSecretFile = async (path: string, what: string): Promise<Uint8Array> => {
  const cannotOpen = (cause: unknown): never => {
    throw new OperatorError(
      "SECRET_FILE_MISSING",
      `The file of the ${what} cannot be opened: ${path}. Create it, owned by the user that runs this program and readable by nobody else.`,
      { file: path, what },
      { cause },
    );
  };
  const info = await stat(path).catch(cannotOpen);
  if (!info.isFile())
    throw new OperatorError("SECRET_FILE_INVALID", `${path} is not a file. Name the file of the ${what}.`, { file: path, what });
  if ((info.mode & OTHERS) !== 0) {
    const mode = (info.mode & 0o777).toString(8);
    throw new OperatorError("SECRET_FILE_UNSAFE", `Others may read the file of the ${what} (mode ${mode}): run chmod 600 ${path}`, {
      file: path,
      what,
      mode,
    });
  }
  if (info.size > MAX_BYTES)
    throw new OperatorError("SECRET_FILE_INVALID", `The file of the ${what} is longer than ${MAX_BYTES} bytes: ${path}`, {
      file: path,
      what,
    });
  const bytes = await readFile(path).catch(cannotOpen);
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1;
  if (end === 0)
    throw new OperatorError("SECRET_FILE_INVALID", `The file of the ${what} is empty: ${path}. Write the ${what} into it.`, {
      file: path,
      what,
    });
  return bytes.subarray(0, end);
};

/** Reads a file that holds 32 secret bytes in hexadecimal, with or without 0x. Throws as `readSecretFile`. */
export const readHexKeyFile = async (path: string, what: string): Promise<Uint8Array> => {
  const text = Buffer.from(await readSecretFile(path, what))
    .toString("latin1")
    .trim();
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(text))
    throw new OperatorError("SECRET_FILE_INVALID", `The file of the ${what} must hold 64 hexadecimal digits: ${path}`, {
      file: path,
      what,
    });
  return new Uint8Array(Buffer.from(text.replace(/^0x/, ""), "hex"));
};
