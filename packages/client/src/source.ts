import { type BlobStore, cidFromBytes } from "@keyquorum/blobs";
import {
  type Address,
  type DocumentHeader,
  headerHashOf,
  KeyquorumError,
  parseDocumentId,
  readEnvelopeHeader,
  verifyHeader,
} from "@keyquorum/wire";
import type { Chain } from "./chain.ts";
import { readPublished } from "./documents.ts";
import type { KeyInfo } from "./keys.ts";
import type { DocumentSource } from "./types.ts";

/** A ciphertext that was found: its header, and a way to read all of it. */
export type FoundEnvelope = { readonly header: DocumentHeader; readonly open: (signal?: AbortSignal) => AsyncIterable<Uint8Array> };

/**
 * Finds a document's ciphertext and reads its header, before anybody is asked for anything.
 * Throws UNKNOWN_DOCUMENT, BLOB_NOT_FOUND and other codes of the blob store, INVALID_CID, INVALID_ENVELOPE, INVALID_HEADER, CHAIN_UNAVAILABLE.
 */
export const findEnvelope = async (
  { chain, blobs }: { readonly chain: Chain; readonly blobs: BlobStore },
  source: DocumentSource,
  signal?: AbortSignal,
): Promise<FoundEnvelope> => {
  if (typeof source === "object" && source !== null && "envelope" in source) {
    return { header: await readEnvelopeHeader(source.envelope()), open: () => source.envelope() };
  }
  if (typeof source === "object" && source !== null && "cid" in source) return openCid(blobs, source.cid, signal);
  const wanted = typeof source === "string" ? { document: source } : source;
  const published = await readPublished(chain, { document: parseDocumentId(wanted?.document), version: wanted?.version, signal });
  const found = await openCid(blobs, cidFromBytes(published.cid), signal);
  if (headerHashOf(found.header) === published.headerHash) return found;
  throw new KeyquorumError("INVALID_HEADER", "The stored ciphertext is not of the version that was published.", {
    details: { document: published.document },
  });
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

const openCid = async (blobs: BlobStore, cid: string, signal: AbortSignal | undefined): Promise<FoundEnvelope> => ({
  header: await readEnvelopeHeader(blobs.get(cid, { signal })),
  open: (readSignal) => blobs.get(cid, { signal: readSignal }),
});
