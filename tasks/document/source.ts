import { createReadStream, existsSync } from "node:fs";
import type { DocumentSource } from "@keyquorum/client";
import { parseDocumentId } from "@keyquorum/wire";
import { readJsonFile } from "../jsonFile.ts";
import { parseArgument, parseCount } from "../parse.ts";
import { UsageError } from "../usageError.ts";

/** A document as commands take it: its id, a CID, a card (.json), or a file of ciphertext. Throws UsageError. */
export const readSource = async ({
  document,
  number,
}: {
  readonly document: string;
  readonly number?: string | undefined;
}): Promise<DocumentSource> => {
  if (/^0x[0-9a-fA-F]{64}$/.test(document)) {
    const id = parseArgument("document", document, parseDocumentId);
    return number === undefined ? id : { document: id, version: parseCount("--number", number, 1) };
  }
  if (number !== undefined) throw new UsageError("--number goes with a document's id.");
  if (/^b[a-z2-7]{20,}$/.test(document)) return { cid: document };
  if (!existsSync(document)) throw new UsageError(`document ${document} is neither an id, nor a CID, nor a file.`);
  return document.endsWith(".json") ? { card: await readJsonFile(document) } : envelopeFile(document);
};

/** A file of ciphertext, read as often as it is needed. */
export const envelopeFile = (path: string): { readonly envelope: () => AsyncIterable<Uint8Array> } => ({
  envelope: () => createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>, // no encoding is set: chunks are bytes
});
