import { type Cid, cidToBytes } from "@keyquorum/blobs";
import {
  type Address,
  bytesToHex,
  cardDigest,
  type DocumentCard,
  type DocumentHeader,
  type Hash32,
  headerHashOf,
  isCanonicalSignature,
  parseAddress,
} from "@keyquorum/wire";
import { AbiCoder, recoverAddress } from "ethers";
import type { Chain } from "../chain.ts";
import type { Author } from "../types.ts";
import { findVersion } from "./published.ts";

/** ERC-1271: `isValidSignature(bytes32,bytes)`, and what it returns for yes. */
const ERC_1271 = "0x1626ba7e";
/** What an owner's contract may use to answer. */
const OWNER_GAS = 1_000_000n;

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
  return isRecovered(digest, card.signature, card.owner) || (await isApproved(chain, { digest, card, signal }));
};

const isRecovered = (digest: Hash32, signature: Uint8Array, owner: Address): boolean => {
  if (!isCanonicalSignature(signature)) return false;
  try {
    return parseAddress(recoverAddress(digest, bytesToHex(signature))) === owner;
  } catch {
    return false; // r is no x-coordinate: nobody signed
  }
};

/** ERC-1271 at the newest block. The owner's contract is hostile input: it can say yes or no for its own address and nothing else. */
const isApproved = async (
  { calls, provider }: Chain,
  { digest, card, signal }: { readonly digest: Hash32; readonly card: DocumentCard; readonly signal: AbortSignal | undefined },
): Promise<boolean> => {
  const args = AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes"], [digest, card.signature]);
  const call = { to: card.owner, data: `${ERC_1271}${args.slice(2)}`, gasLimit: OWNER_GAS };
  const ask = async (): Promise<string> => {
    try {
      return await provider.call(call);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "CALL_EXCEPTION") return "0x"; // it reverted: no
      throw error;
    }
  };
  const answer = await calls.read("Asking the owner's contract", ask, signal);
  return answer === `${ERC_1271}${"00".repeat(28)}`;
};

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
