import { encapsulate, encodePoint, type Point, type RandomSource, secureRandom } from "@keyquorum/threshold";
import {
  type Address,
  bytesToHex,
  type ChunkCipher,
  type DocumentHeader,
  documentIdOf,
  envelopeLength,
  type Hash32,
  headerHashOf,
  type KeyId,
  KeyquorumError,
  labelOf,
  lending,
  parseHash32,
  sealEnvelope,
} from "@keyquorum/wire";
import { once } from "../content/bytes.ts";
import { type ParsedContent, parseContent } from "../content/content.ts";
import { knownly } from "../knownErrors.ts";
import type { DocumentContent, EncryptedDocument } from "../types.ts";

/** What a header's label binds besides the document itself. All public: enough to encrypt without a network. PROTOCOL section 4.1. */
export type EncryptionContext = {
  readonly chainId: bigint;
  readonly documentRegistry: Address;
  readonly keyId: KeyId;
  /** S, the key's public point. */
  readonly publicKey: Point;
  /** The account that will publish; only it can. */
  readonly owner: Address;
  /** The contract that says who may read. */
  readonly initialPermissions: Address;
};

/** What the author may choose. */
export type ContentOptions = {
  /** Makes the document's id with the owner; random when it is left out. The same salt again is another version of the same document. */
  readonly salt?: Hash32;
  /** A name without a path; encrypted with the content. Readers are told, and choose the file's name themselves. */
  readonly name?: string;
  /** As in a Content-Type header; encrypted with the content. */
  readonly mediaType?: string;
  /** Show kind, name, media type and size to everybody who has the ciphertext. Default: false. The size of a ciphertext tells the content's anyway. */
  readonly publicMetadata?: boolean;
};

/**
 * Encrypts a document for a threshold key. Needs no network: t keepers together learn nothing, t+1 of them can open it for a permitted reader.
 *
 * The ciphertext is made while `envelope` is read; the content secret lives until then and is erased. PROTOCOL sections 4.1 to 4.3.
 * Throws INVALID_VALUE for what is not a document (also while it is read: a stream that fails, or gives what is no bytes), INVALID_METADATA (also while it
 * is read: the content is not as long as it was said to be).
 */
export const encryptDocument = (content: DocumentContent, context: EncryptionContext, options: SealOptions): EncryptedDocument => {
  const parsed = parseContent(content, options);
  try {
    return knownly("encryptDocument", () => encryptParsed(parsed, context, options));
  } catch (error) {
    parsed.discard();
    throw error;
  }
};

type SealOptions = ContentOptions & { readonly cipher: ChunkCipher; readonly random?: RandomSource };

/** The same, for content that was parsed already. */
export const encryptParsed = (
  { metadata, bytes, discard }: ParsedContent,
  context: EncryptionContext,
  options: SealOptions,
): EncryptedDocument => {
  const { cipher, random = secureRandom, publicMetadata: isMetadataPublic = false } = options;
  if (typeof isMetadataPublic !== "boolean")
    throw new KeyquorumError("INVALID_VALUE", "publicMetadata is true or false.", { details: { field: "publicMetadata" } });
  const envelopeBytes = envelopeLength(metadata, metadata.size ?? 0, isMetadataPublic);
  const { publicKey, ...labelled } = context;
  const salt = options.salt === undefined ? (bytesToHex(random(32)) as Hash32) : parseHash32(options.salt);
  const document = documentIdOf(context.owner, salt);
  const { ciphertext, contentSecret } = encapsulate({ publicKey, label: labelOf({ ...labelled, document }) }, random);
  const header: DocumentHeader = { ...labelled, document, salt, ciphertext };

  async function* seal(): AsyncGenerator<Uint8Array> {
    try {
      yield* sealEnvelope({ header, contentSecret, metadata, isMetadataPublic, content: bytes, cipher, random, lends: true });
    } finally {
      contentSecret.fill(0);
      discard();
    }
  }

  return {
    document,
    keyId: context.keyId,
    owner: context.owner,
    salt,
    initialPermissions: context.initialPermissions,
    header,
    headerHash: headerHashOf(header),
    metadata,
    isMetadataPublic,
    ...(metadata.size === undefined ? {} : { envelopeBytes }),
    publicKey: encodePoint(publicKey),
    envelope: lending(once(seal, "envelope", "encrypt the document")),
  };
};
