import { type ChunkCipher, type EnvelopeRanges, headerHashOf, KeyquorumError, openEnvelopeRange } from "@keyquorum/wire";
import { untilAborted } from "../bytes.ts";
import { decryptDocument } from "../decrypt.ts";
import type { OnBytes } from "../options.ts";
import type { FoundEnvelope } from "../source.ts";
import type { Author, ContentPart, ContentRange, OpenedDocument } from "../types.ts";
import { contentPart, partOfStream } from "./contentPart.ts";

type Opening = {
  readonly found: FoundEnvelope;
  /** 32 bytes, secret. */
  readonly contentSecret: Uint8Array;
  readonly cipher: ChunkCipher;
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

/** What the parts of one document share: the header and the first chunk are read once. */
const rangesOf = ({ found, contentSecret, cipher }: Pick<Opening, "found" | "contentSecret" | "cipher">) => {
  const headerHash = headerHashOf(found.header);
  let opened: Promise<EnvelopeRanges> | undefined;

  const open = async (findRanges: FindRanges, signal: AbortSignal | undefined): Promise<EnvelopeRanges> => {
    const ranges = await openEnvelopeRange({ source: await findRanges(signal), contentSecret, cipher, signal });
    if (headerHashOf(ranges.header) === headerHash) return ranges;
    throw new KeyquorumError("INVALID_HEADER", "This is the ciphertext of another version than was asked for.");
  };

  async function* read(wanted: ContentRange, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    if (found.ranges === undefined) {
      const { content } = await decryptDocument({ envelope: found.open(signal), contentSecret, cipher, headerHash, signal });
      return yield* partOfStream(content, wanted);
    }
    opened ??= open(found.ranges, signal);
    const ranges = await opened.catch((error: unknown) => {
      opened = undefined; // the next part tries again
      throw error;
    });
    yield* untilAborted(ranges.read({ ...wanted, signal }), signal);
  }
  return (wanted: ContentRange, signal: AbortSignal | undefined): ContentPart => contentPart(() => read(wanted, signal));
};

type FindRanges = NonNullable<FoundEnvelope["ranges"]>;

/** Reading must not depend on the chain once the keepers have answered: whose word it is stays open then. */
const authorIfKnown = async (found: FoundEnvelope, signal: AbortSignal | undefined): Promise<Author> => {
  try {
    return await found.author(signal);
  } catch (error) {
    if (error instanceof KeyquorumError && error.code === "CHAIN_UNAVAILABLE") return "unverified";
    throw error;
  }
};
