import { keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, hexToBytes } from "./hex.ts";
import type { Address, Hash32 } from "./ids.ts";

/** Which deployment a signature is for. */
export type SigningDomain = { readonly chainId: bigint; readonly shareRequests: Address };

/** One field of a typed structure. */
export type TypedField = { readonly name: string; readonly type: string };

/** The domain as wallets and ethers take it. */
export type TypedDomain = {
  readonly name: string;
  readonly version: string;
  readonly chainId: bigint;
  readonly verifyingContract: Address;
};

const DOMAIN_NAME = "Keyquorum";
const DOMAIN_VERSION = "1";

const keccakText = (text: string): Uint8Array => keccak_256(new TextEncoder().encode(text));

const DOMAIN_TYPE_HASH = keccakText("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

/** PROTOCOL section 5.1. */
export const typedDomainOf = ({ chainId, shareRequests }: SigningDomain): TypedDomain => ({
  name: DOMAIN_NAME,
  version: DOMAIN_VERSION,
  chainId,
  verifyingContract: shareRequests,
});

/** keccak of `Name(type field,...)`. */
export const typeHashOf = (name: string, fields: readonly TypedField[]): Uint8Array =>
  keccakText(`${name}(${fields.map((field) => `${field.type} ${field.name}`).join(",")})`);

/** A program signs for a deployment or two. */
const MOST_SEPARATORS = 8;
const separators = new Map<string, Uint8Array>();

const separatorOf = ({ chainId, shareRequests }: SigningDomain): Uint8Array => {
  const name = `${chainId}:${shareRequests}`;
  const known = separators.get(name);
  if (known !== undefined) return known;
  const separator = keccakWords(
    DOMAIN_TYPE_HASH,
    keccakText(DOMAIN_NAME),
    keccakText(DOMAIN_VERSION),
    chainId,
    hexToBytes(shareRequests, 20),
  );
  if (separators.size >= MOST_SEPARATORS) separators.clear();
  separators.set(name, separator);
  return separator;
};

/** keccak(19 01 || domain separator || struct hash). EIP-712. */
export const typedDigest = (domain: SigningDomain, structHash: Uint8Array): Hash32 => {
  const separator = separatorOf(domain);
  const preimage = new Uint8Array(66);
  preimage.set([0x19, 0x01]);
  preimage.set(separator, 2);
  preimage.set(structHash, 34);
  return bytesToHex(keccak_256(preimage)) as Hash32;
};
