import { readFile } from "node:fs/promises";
import { KeyquorumError } from "@keyquorum/wire";

/**
 * What goes into the `authorization` header, from a file with one line: `Bearer ...` or `Basic ...`. Read again for every request, so a changed
 * token needs no restart. Secret: errors name the file and nothing that is in it. Throws `INVALID_VALUE`.
 */
export const readAuthorization = (path: string) => async (): Promise<string> => {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw refused(path, `it cannot be read (${error.code ?? "unknown"})`);
  });
  const line = text.trim();
  if (!/^(Bearer|Basic) [\x21-\x7e]+$/.test(line)) throw refused(path, "it is not one line of Bearer or Basic and a token");
  return line;
};

const refused = (path: string, reason: string): KeyquorumError =>
  new KeyquorumError("INVALID_VALUE", `The authorization file ${path} is refused: ${reason}.`, { details: { path, reason } });
