import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { KeyquorumError } from "@keyquorum/wire";
import type { DocumentContent } from "../types.ts";

/**
 * A file as a document, read as a stream while it is encrypted; `bytes` is its length now.
 * Throws INVALID_VALUE when there is no such file, or it is no regular file.
 */
export const fileContent = async (path: string): Promise<{ readonly content: DocumentContent; readonly bytes: number }> => {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new KeyquorumError("INVALID_VALUE", `${path} cannot be read (${cause.code ?? cause.message}).`, { details: { path }, cause });
  });
  if (!found.isFile()) throw new KeyquorumError("INVALID_VALUE", `${path} is not a file.`, { details: { path } });
  return { content: { file: readWhole(path), name: basename(path) }, bytes: found.size };
};

async function* readWhole(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path)) yield chunk as Uint8Array; // no encoding is set: chunks are bytes
}
