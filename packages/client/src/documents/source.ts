import { type BlobStore, type Cid, cidFromBytes, parseCid } from "@keyquorum/blobs";
import {
  type Address,
  type DocumentCard,
  type DocumentHeader,
  type DocumentMetadata,
  headerHashOf,
  KeyquorumError,
  lending,
  parseDocumentCard,
  parseDocumentId,
  type RangeSource,
  readEnvelopeStart,
  verifyHeader,
} from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { chunksOf, isBlob, single } from "../content/bytes.ts";
import { readable } from "../content/content.ts";
import type { KeyInfo } from "../keys/keys.ts";
import { wholeNumber } from "../numbers.ts";
import type { Author, DocumentSource } from "../types.ts";
import { authorOf } from "./author.ts";
import type { WantedVersion } from "./documentCalls.ts";
import { readPublished } from "./readPublished.ts";

/** A ciphertext that was found: what it says in clear, and ways to read it. */
export type FoundEnvelope = {
  readonly header: DocumentHeader;
  /** What the author shows to everybody; as good as `author` says. */
  readonly publicMetadata?: DocumentMetadata;
  /** The content id that the bytes are verified by. Undefined: they are the caller's own. */
  readonly cid?: Cid;
  readonly card?: DocumentCard;
  /** Whether the owner vouches for these bytes. Throws CHAIN_UNAVAILABLE. */
  readonly author: (signal?: AbortSignal) => Promise<Author>;
  /** Reads all of it. */
  readonly open: (signal?: AbortSignal) => AsyncIterable<Uint8Array>;
  /** Reads parts of it. Undefined: it can only be read from the start. */
  readonly ranges?: (signal?: AbortSignal) => Promise<RangeSource>;
};

type Finding = Chain & { readonly blobs: BlobStore };

/**
 * Finds a document's ciphertext and reads its header, before anybody is asked for anything.
 * Throws UNKNOWN_DOCUMENT, BLOB_NOT_FOUND and other codes of the blob store, INVALID_CID, INVALID_CARD, INVALID_ENVELOPE, INVALID_HEADER,
 * INVALID_METADATA, CHAIN_UNAVAILABLE.
 */
export const findEnvelope = async (finding: Finding, source: DocumentSource, signal?: AbortSignal): Promise<FoundEnvelope> => {
  if (typeof source === "object" && source !== null) {
    if ("envelope" in source) return openOwn(source.envelope);
    if ("cid" in source) return openCid(finding, parseCid(source.cid), undefined, signal);
    if ("card" in source) return openCard(finding, parseDocumentCard(source.card), signal);
  }
  return findPublished(finding, wantedIn(source) ?? { document: parseDocumentId(undefined) }, signal);
};

/** The ciphertext of a published version. Throws as `findEnvelope`. */
export const findPublished = async (finding: Finding, wanted: WantedVersion, signal?: AbortSignal): Promise<FoundEnvelope> => {
  const published = await readPublished(finding, wanted, signal);
  const found = await openCid(finding, cidFromBytes(published.cid), undefined, signal);
  if (headerHashOf(found.header) === published.headerHash) return { ...found, author: async () => "verified" };
  throw new KeyquorumError("INVALID_HEADER", "The stored ciphertext does not belong to the published version.", {
    details: { document: published.document },
  });
};

/** The published version that a source names; undefined where it names a ciphertext. Throws INVALID_VALUE. */
export const wantedIn = (source: DocumentSource): WantedVersion | undefined => {
  if (typeof source === "string") return { document: parseDocumentId(source) };
  if (typeof source !== "object" || source === null || !("document" in source)) return undefined;
  const { version } = source;
  if (version !== undefined) wholeNumber("version", version, [1, 2 ** 32 - 1]);
  return { document: parseDocumentId(source.document), version };
};

/** Throws WRONG_CHAIN for a header of another deployment. */
export const checkDeployment = ({ deployment }: Chain, { chainId, documentRegistry }: DocumentHeader): void => {
  const isOurs = chainId === deployment.chainId && documentRegistry === (deployment.contracts.documentRegistry as Address); // both are lower case
  if (isOurs) return;
  throw new KeyquorumError("WRONG_CHAIN", "The document was encrypted for another deployment.", {
    details: { chainId: chainId.toString(), documentRegistry },
  });
};

/** Throws INVALID_HEADER when the header's proof does not verify under its key. */
export const checkProof = (header: DocumentHeader, { publicKey }: KeyInfo): void => {
  if (!verifyHeader(header, publicKey)) throw new KeyquorumError("INVALID_HEADER", "The header's proof does not verify under its key.");
};

/** Parts of a stored ciphertext, each block verified. Throws as `BlobReader.size`. */
export const rangesOfBlob = async (blobs: BlobStore, cid: Cid, signal?: AbortSignal): Promise<RangeSource> => ({
  size: await blobs.size(cid, { signal }),
  read: (range) => blobs.get(cid, { ...range, lends: true }),
});

/** Bytes that no content id vouches for. */
const openOwn = async (envelope: (() => AsyncIterable<Uint8Array>) | Blob | Uint8Array): Promise<FoundEnvelope> => {
  const { size, read } = partsOf(envelope);
  const open = (): AsyncIterable<Uint8Array> => (typeof envelope === "function" ? envelope() : read({ offset: 0, length: size }));
  const { bodyOffset: _, ...start } = await readEnvelopeStart(open());
  return {
    ...start,
    author: async () => "unverified",
    open,
    ...(typeof envelope === "function" ? {} : { ranges: async () => ({ size, read }) }),
  };
};

const partsOf = (envelope: (() => AsyncIterable<Uint8Array>) | Blob | Uint8Array): RangeSource => {
  if (envelope instanceof Uint8Array) {
    return { size: envelope.length, read: ({ offset, length }) => single(envelope.subarray(offset, offset + length)) };
  }
  if (isBlob(envelope)) {
    return { size: envelope.size, read: ({ offset, length }) => readable(chunksOf(envelope.slice(offset, offset + length).stream())) };
  }
  if (typeof envelope === "function") return { size: 0, read: () => readable(envelope()) };
  throw new KeyquorumError("INVALID_VALUE", "source.envelope is not a function, Blob or bytes.");
};

const openCid = async (
  finding: Finding,
  cid: Cid,
  card: DocumentCard | undefined,
  signal: AbortSignal | undefined,
): Promise<FoundEnvelope> => {
  const { blobs } = finding;
  const { bodyOffset: _, ...start } = await readEnvelopeStart(blobs.get(cid, { signal }));
  return {
    ...start,
    cid,
    ...(card === undefined ? {} : { card }),
    author: (authorSignal) => authorOf(finding, { header: start.header, cid, card, signal: authorSignal }),
    open: (readSignal) => lending(blobs.get(cid, { signal: readSignal, lends: true })),
    ranges: (readSignal) => rangesOfBlob(blobs, cid, readSignal),
  };
};

/** A card's signature decides about the author, nothing else: an unsigned document can still be read. */
const openCard = async (finding: Finding, card: DocumentCard, signal: AbortSignal | undefined): Promise<FoundEnvelope> => {
  const { chainId, contracts } = finding.deployment;
  const isOurs =
    card.domain.chainId === chainId &&
    card.domain.shareRequests === contracts.shareRequests &&
    card.documentRegistry === contracts.documentRegistry;
  if (!isOurs) throw new KeyquorumError("WRONG_CHAIN", "The document card belongs to another deployment.");
  const found = await openCid(finding, cidFromBytes(card.cid), card, signal);
  // The signature is over header hash and content id only: without this, whoever passes a card on could write another document of its owner into it.
  if (headerHashOf(found.header) === card.headerHash && found.header.document === card.document) return found;
  throw new KeyquorumError("INVALID_HEADER", "The ciphertext does not belong to the document card.", {
    details: { document: card.document },
  });
};
