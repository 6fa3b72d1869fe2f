import { type Authorship, authorshipDigest } from "./authorship.ts";
import { checkSchema } from "./checkSchema.ts";
import type { SigningDomain } from "./eip712.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { type Address, type DocumentId, type Hash32, parseAddress, parseDocumentId, parseHash32, ZERO_ADDRESS } from "./ids.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { documentIdOf } from "./names.ts";
import { AddressText, ChainIdText, exactly, Hash32Text, hexUpTo } from "./schemas.ts";
import { MAX_SIGNATURE_BYTES } from "./signature.ts";

const MAX_CID_BYTES = 128;

/** What goes with the ciphertext of a document that is not published: `keyquorum-document` version 1. JSON, public. PROTOCOL section 4.8. */
export const DocumentCardBody = exactly({
  format: Type.Literal("keyquorum-document"),
  version: Type.Literal(1),
  chainId: ChainIdText,
  documentRegistry: AddressText,
  shareRequests: AddressText,
  document: Hash32Text,
  headerHash: Hash32Text,
  /** The content id of the envelope, in bytes. */
  cid: hexUpTo(MAX_CID_BYTES),
  owner: AddressText,
  salt: Hash32Text,
  /** The owner's, over `Authorship(headerHash, cid)`. */
  signature: hexUpTo(MAX_SIGNATURE_BYTES),
});
export type DocumentCardBody = Static<typeof DocumentCardBody>;

/** A document that is not published: where its ciphertext is, and the owner's statement that it is theirs. The signature is the reader's to verify. */
export type DocumentCard = {
  readonly domain: SigningDomain;
  readonly documentRegistry: Address;
  readonly document: DocumentId;
  readonly headerHash: Hash32;
  readonly cid: Uint8Array;
  readonly owner: Address;
  readonly salt: Hash32;
  readonly signature: Uint8Array;
};

/** Writes a card as plain JSON data. */
export const encodeDocumentCard = ({ domain, cid, signature, ...rest }: DocumentCard): DocumentCardBody => ({
  format: "keyquorum-document",
  version: 1,
  chainId: domain.chainId.toString(),
  documentRegistry: rest.documentRegistry,
  shareRequests: domain.shareRequests,
  document: rest.document,
  headerHash: rest.headerHash,
  cid: bytesToHex(cid),
  owner: rest.owner,
  salt: rest.salt,
  signature: bytesToHex(signature),
});

/**
 * Reads a card from parsed JSON. Strict: unknown fields, other spellings, an empty content id or signature, a zero owner and a document that is not
 * keccak(owner, salt) are refused. Throws `INVALID_CARD` with the field in `details.field`.
 */
export const parseDocumentCard = (value: unknown): DocumentCard => {
  const body = checkSchema(DocumentCardBody, value, "INVALID_CARD");
  const card: DocumentCard = {
    domain: { chainId: BigInt(body.chainId), shareRequests: parseAddress(body.shareRequests) },
    documentRegistry: parseAddress(body.documentRegistry),
    document: parseDocumentId(body.document),
    headerHash: parseHash32(body.headerHash),
    cid: hexToBytes(body.cid),
    owner: parseAddress(body.owner),
    salt: parseHash32(body.salt),
    signature: hexToBytes(body.signature),
  };
  for (const field of ["cid", "signature"] as const) if (card[field].length === 0) throw refusal(field);
  if (card.owner === ZERO_ADDRESS) throw refusal("owner");
  if (documentIdOf(card.owner, card.salt) !== card.document) throw refusal("document");
  return card;
};

/** What the owner of a card signed: its digest. */
export const cardDigest = ({ domain, headerHash, cid }: { readonly domain: SigningDomain } & Authorship): Hash32 =>
  authorshipDigest(domain, { headerHash, cid });

const refusal = (field: string): KeyquorumError =>
  new KeyquorumError("INVALID_CARD", `The field ${field} is not what a document card allows.`, { details: { field } });
