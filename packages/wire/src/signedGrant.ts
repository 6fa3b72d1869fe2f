import { keccakWords } from "@keyquorum/threshold";
import { type SigningDomain, type TypedDomain, type TypedField, typedDigest, typedDomainOf, typeHashOf } from "./eip712.ts";
import { hexToBytes } from "./hex.ts";
import type { Address, DocumentId, Hash32 } from "./ids.ts";

/**
 * A permission that a grantor signs, so that anyone may bring it to the chain until `deadline`: IAccessGrants.SignedGrant. Public.
 * PROTOCOL section 4.5.
 */
export type SignedGrant = {
  readonly document: DocumentId;
  readonly reader: Address;
  /** End of the permission in seconds of block time; 0: without end. */
  readonly until: bigint;
  /** The document's owner or one of its administrators. */
  readonly grantor: Address;
  /** `grantOf(document, reader).nonce` when it was signed: 32 bits. Any later change of that grant makes this one void. */
  readonly nonce: number;
  /** Until when it may be brought to the chain, in seconds of block time. */
  readonly deadline: bigint;
};

/** Which AccessGrants a signed grant is for: its EIP-712 domain is (Keyquorum, 1, chainId, accessGrants). */
export type GrantDomain = { readonly chainId: bigint; readonly accessGrants: Address };

const FIELDS = [
  { name: "document", type: "bytes32" },
  { name: "reader", type: "address" },
  { name: "until", type: "uint64" },
  { name: "grantor", type: "address" },
  { name: "nonce", type: "uint32" },
  { name: "deadline", type: "uint64" },
] as const satisfies readonly TypedField[];

const TYPE_HASH = typeHashOf("SignedGrant", FIELDS);

/** What `signer.signTypedData(domain, types, message)` of ethers takes. */
export type SignedGrantTypedData = {
  readonly domain: TypedDomain;
  readonly types: { SignedGrant: TypedField[] };
  readonly primaryType: "SignedGrant";
  readonly message: SignedGrant;
};

/** The same kind of domain as requests have; only the contract that checks the signature is another. */
const signingDomainOf = ({ chainId, accessGrants }: GrantDomain): SigningDomain => ({ chainId, shareRequests: accessGrants });

/** The grant as a wallet signs it. */
export const signedGrantTypedData = (domain: GrantDomain, grant: SignedGrant): SignedGrantTypedData => ({
  domain: typedDomainOf(signingDomainOf(domain)),
  types: { SignedGrant: FIELDS.map((field) => ({ ...field })) },
  primaryType: "SignedGrant",
  message: { ...grant },
});

/** The grant's EIP-712 digest; `AccessGrants.signedGrantDigest` computes the same. */
export const signedGrantDigest = (domain: GrantDomain, grant: SignedGrant): Hash32 =>
  typedDigest(
    signingDomainOf(domain),
    keccakWords(
      TYPE_HASH,
      hexToBytes(grant.document, 32),
      hexToBytes(grant.reader, 20),
      grant.until,
      hexToBytes(grant.grantor, 20),
      grant.nonce,
      grant.deadline,
    ),
  );
