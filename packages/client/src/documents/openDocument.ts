import { headerHashOf, KeyquorumError } from "@keyquorum/wire";
import { contentPart } from "../content/contentPart.ts";
import { decryptDocument } from "../content/decrypt.ts";
import type { OnBytes } from "../options.ts";
import type { Author, ContentPart, ContentRange, OpenedDocument } from "../types.ts";
import { createPartReader, type Openable, type PartReader } from "./partReader.ts";
import type { FoundEnvelope } from "./source.ts";

type Opening = Openable & {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of content, as it is read whole. */
  readonly onProgress?: OnBytes | undefined;
};

/**
 * Decrypts what was found, all of it and in parts.
 * Throws INVALID_ENVELOPE, INVALID_HEADER, WRONG_CONTENT_SECRET, INVALID_METADATA, and what reading the ciphertext throws.
 */
export const openDocument = async (opening: Opening): Promise<OpenedDocument> => {
  const { found, signal, ...rest } = opening;
  const [decrypted, author] = await Promise.all([
    decryptDocument({ ...rest, envelope: found.open(signal), headerHash: headerHashOf(found.header), signal }),
    authorIfKnown(found, signal),
  ]);
  const range = rangesOf(opening);
  return { ...decrypted, author, range: ({ signal: rangeSignal, ...wanted } = {}) => range(wanted, rangeSignal) };
};

/** Decrypts a part by itself. Throws, when it is read, INVALID_RANGE too. */
export const openPart = ({ signal, ...opening }: Opening, wanted: ContentRange): ContentPart => rangesOf(opening)(wanted, signal);

/** The parts of one document share a reader. */
const rangesOf = ({ found, contentSecret, cipher }: Openable) => {
  let reader: PartReader | undefined;
  async function* read(wanted: ContentRange, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    reader ??= createPartReader({ found, contentSecret, cipher });
    yield* reader(wanted, signal);
  }
  return (wanted: ContentRange, signal: AbortSignal | undefined): ContentPart => contentPart(() => read(wanted, signal));
};

/** Reading must not depend on the chain once the keepers have answered: whose word it is stays open then. */
const authorIfKnown = async (found: FoundEnvelope, signal: AbortSignal | undefined): Promise<Author> => {
  try {
    return await found.author(signal);
  } catch (error) {
    if (error instanceof KeyquorumError && error.code === "CHAIN_UNAVAILABLE") return "unverified";
    throw error;
  }
};
