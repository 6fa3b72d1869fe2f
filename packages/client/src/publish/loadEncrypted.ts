import { encodePoint, type Point } from "@keyquorum/threshold";
import { envelopeLength, headerHashOf, KeyquorumError, readEnvelopeStart, verifyHeader } from "@keyquorum/wire";
import { chunksOf, isBlob, single } from "../content/bytes.ts";
import { readable } from "../content/content.ts";
import type { FoundEnvelope } from "../documents/source.ts";
import type { EncryptedDocument } from "../types.ts";

/**
 * An encrypted document from its ciphertext, which somebody kept in a file: to publish it, or to sign its authorship. Needs no network.
 * Throws INVALID_ENVELOPE, INVALID_METADATA, INVALID_HEADER (also when its proof does not verify under the key).
 */
export const loadEncrypted = async (
  envelope: (() => AsyncIterable<Uint8Array>) | Blob | Uint8Array,
  { publicKey }: { readonly publicKey: Point },
): Promise<EncryptedDocument> => {
  const open = (): AsyncIterable<Uint8Array> => {
    if (typeof envelope === "function") return readable(envelope());
    return isBlob(envelope) ? readable(chunksOf(envelope.stream())) : single(envelope);
  };
  const { header, publicMetadata } = await readEnvelopeStart(open());
  return encryptedOf({ header, open, ...(publicMetadata === undefined ? {} : { publicMetadata }) }, publicKey);
};

/** Throws INVALID_HEADER. */
export const encryptedOf = (
  { header, publicMetadata, open, cid }: Pick<FoundEnvelope, "header" | "publicMetadata" | "open" | "cid">,
  publicKey: Point,
): EncryptedDocument => {
  if (!verifyHeader(header, publicKey)) throw new KeyquorumError("INVALID_HEADER", "The header's proof does not verify under its key.");
  const { document, keyId, owner, salt, initialPermissions } = header;
  const size = publicMetadata?.size;
  return {
    document,
    keyId,
    owner,
    salt,
    initialPermissions,
    header,
    headerHash: headerHashOf(header),
    isMetadataPublic: publicMetadata !== undefined,
    publicKey: encodePoint(publicKey),
    envelope: { [Symbol.asyncIterator]: () => open()[Symbol.asyncIterator]() },
    ...(publicMetadata === undefined ? {} : { metadata: publicMetadata }),
    ...(publicMetadata === undefined || size === undefined ? {} : { envelopeBytes: envelopeLength(publicMetadata, size, true) }),
    ...(cid === undefined ? {} : { cid }),
  };
};
