import type { Provider, Signer, TypedDataDomain, TypedDataField } from "ethers";

/** What an account is asked to sign, and by whom. Public. */
export type AccountToSign = {
  /** The contract account. */
  readonly account: string;
  readonly owner: Signer;
  readonly chainId: bigint;
  readonly provider: Provider;
  /** What the digest is of. */
  readonly typed: {
    readonly domain: TypedDataDomain;
    readonly types: Record<string, TypedDataField[]>;
    readonly message: Record<string, unknown>;
  };
};

/**
 * Makes what the account's `isValidSignature(digest, signature)` takes, for accounts that bind the digest to themselves. `digest` is the EIP-712 hash that
 * keepers ask about: 32 bytes, 0x hex. Ready-made: `coinbaseSmartWallet`, `safeAccount`, `erc7739Account`.
 */
export type SignDigest = (digest: string, toSign: AccountToSign) => Promise<string>;
