import { keccakWords } from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { type SigningDomain, type TypedDomain, type TypedField, typedDigest, typedDomainOf, typeHashOf } from "./eip712.ts";
import { bytesToHex, type Hex, hexToBytes } from "./hex.ts";
import type { Hash32 } from "./ids.ts";

/**
 * The owner's statement that an unpublished header, and the ciphertext that it belongs to, are theirs. Anyone can make a header with another's label and
 * salt once they know them; only the owner can sign this. PROTOCOL section 4.8, D24.
 */
export type Authorship = {
  readonly headerHash: Hash32;
  /** The content id of the envelope, in bytes: 1 to 128. */
  readonly cid: Uint8Array;
};

const FIELDS = [
  { name: "headerHash", type: "bytes32" },
  { name: "cid", type: "bytes" },
] as const satisfies readonly TypedField[];

const TYPE_HASH = typeHashOf("Authorship", FIELDS);

/** What `signer.signTypedData(domain, types, message)` of ethers takes. */
export type AuthorshipTypedData = {
  readonly domain: TypedDomain;
  readonly types: { Authorship: TypedField[] };
  readonly primaryType: "Authorship";
  readonly message: { readonly headerHash: Hash32; readonly cid: Hex };
};

/** The statement as the owner's wallet signs it. */
export const authorshipTypedData = (domain: SigningDomain, { headerHash, cid }: Authorship): AuthorshipTypedData => ({
  domain: typedDomainOf(domain),
  types: { Authorship: FIELDS.map((field) => ({ ...field })) },
  primaryType: "Authorship",
  message: { headerHash, cid: bytesToHex(cid) },
});

/** The statement's EIP-712 digest. */
export const authorshipDigest = (domain: SigningDomain, { headerHash, cid }: Authorship): Hash32 =>
  typedDigest(domain, keccakWords(TYPE_HASH, hexToBytes(headerHash, 32), keccak_256(cid)));
