import { type Cid, cidToBytes } from "@keyquorum/blobs";
import { cardDigest, type DocumentCard, type DocumentHeader, headerHashOf, recoverSigner } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import type { Author } from "../types.ts";
import { takesSignature } from "../wallets/erc1271.ts";
import { findVersion } from "./published.ts";

/**
 * Whether the bytes that this content id names, which start with this header, are the owner's: published by it with this header, or signed by it in
 * the card. Anybody can make a header with another's label, and any reader a body for another's header. PROTOCOL section 4.8.
 * Throws CHAIN_UNAVAILABLE.
 */
export const authorOf = async (
  chain: Chain,
  {
    header,
    cid,
    card,
    signal,
  }: {
    readonly header: DocumentHeader;
    readonly cid: Cid;
    readonly card?: DocumentCard | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Author> => {
  if (card !== undefined && (await isSigned(chain, { header, cid, card, signal }))) return "verified";
  const published = await findVersion(chain, { document: header.document, headerHash: headerHashOf(header), signal });
  if (published === undefined || published.owner !== header.owner) return "unverified";
  return isSame(published.cid, cidToBytes(cid)) ? "verified" : "unverified";
};

const isSigned = async (
  chain: Chain,
  {
    header,
    cid,
    card,
    signal,
  }: {
    readonly header: DocumentHeader;
    readonly cid: Cid;
    readonly card: DocumentCard;
    readonly signal: AbortSignal | undefined;
  },
): Promise<boolean> => {
  const isOfThis = card.owner === header.owner && card.headerHash === headerHashOf(header) && isSame(card.cid, cidToBytes(cid));
  if (!isOfThis) return false;
  const digest = cardDigest(card);
  if (recoverSigner(digest, card.signature) === card.owner) return true;
  const claim = { account: card.owner, digest, signature: card.signature };
  return chain.calls.read("Asking the owner's contract", () => takesSignature(chain.provider, claim), signal);
};

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
