import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { KeyquorumError } from "@keyquorum/wire";
import type { DocumentContent } from "../types.ts";

const PIECE_BYTES = 256 * 1024;

/**
 * A file as a document, read as a stream while it is encrypted; `bytes` is its length now, and what is appended later is left out.
 * Throws INVALID_VALUE when there is no such file, or it is no regular file.
 */
export const fileContent = async (path: string): Promise<{ readonly content: DocumentContent; readonly bytes: number }> => {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new KeyquorumError("INVALID_VALUE", `${path} cannot be read (${cause.code ?? cause.message}).`, { details: { path }, cause });
  });
  if (!found.isFile()) throw new KeyquorumError("INVALID_VALUE", `${path} is not a file.`, { details: { path } });
  const { size } = found;
  return { content: { file: readStart(path, size), name: basename(path), size }, bytes: size };
};

async function* readStart(path: string, bytes: number): AsyncGenerator<Uint8Array> {
  if (bytes === 0) return;
  for await (const chunk of createReadStream(path, { end: bytes - 1, highWaterMark: PIECE_BYTES })) yield chunk as Uint8Array; // no encoding is set: chunks are bytes
}
