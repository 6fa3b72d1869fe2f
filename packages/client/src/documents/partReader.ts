import { type ChunkCipher, type EnvelopeRanges, headerHashOf, KeyquorumError, openEnvelopeRange } from "@keyquorum/wire";
import { untilAborted } from "../content/bytes.ts";
import { decryptDocument } from "../content/decrypt.ts";
import { partOfStream } from "../content/partOfStream.ts";
import type { ContentRange } from "../types.ts";
import type { FoundEnvelope } from "./source.ts";

/** A ciphertext that was found, and what opens it. */
export type Openable = {
  readonly found: FoundEnvelope;
  /** 32 bytes, secret. */
  readonly contentSecret: Uint8Array;
  readonly cipher: ChunkCipher;
};

/** Decrypts a part of a document. */
export type PartReader = (wanted: ContentRange, signal: AbortSignal | undefined) => AsyncGenerator<Uint8Array>;

/**
 * Reads parts of one document, which share the header and the first chunk: both are read once.
 * A part throws INVALID_RANGE, INVALID_ENVELOPE, INVALID_HEADER, WRONG_CONTENT_SECRET, and what reading the ciphertext throws.
 */
export const createPartReader = ({ found, contentSecret, cipher }: Openable): PartReader => {
  const headerHash = headerHashOf(found.header);
  let opened: Promise<EnvelopeRanges> | undefined;

  const open = async (findRanges: FindRanges, signal: AbortSignal | undefined): Promise<EnvelopeRanges> => {
    const ranges = await openEnvelopeRange({ source: await findRanges(signal), contentSecret, cipher, signal });
    if (headerHashOf(ranges.header) === headerHash) return ranges;
    throw new KeyquorumError("INVALID_HEADER", "This is the ciphertext of a version other than the requested one.");
  };

  return async function* read(wanted, signal) {
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
  };
};

type FindRanges = NonNullable<FoundEnvelope["ranges"]>;
