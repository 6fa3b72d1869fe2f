import { KeyquorumError, parseAddress } from "@keyquorum/wire";
import {
  AbiCoder,
  AbstractSigner,
  concat,
  isHexString,
  type Provider,
  type Signer,
  type TransactionResponse,
  type TypedDataDomain,
  TypedDataEncoder,
  type TypedDataField,
} from "ethers";
import type { AccountToSign, SignDigest } from "./accountToSign.ts";

/** For `signDigest`: a Coinbase Smart Wallet (`replaySafeHash`). `ownerIndex` is the owner's place in the wallet. Default 0. */
export const coinbaseSmartWallet =
  ({ ownerIndex = 0 }: { readonly ownerIndex?: number | bigint } = {}): SignDigest =>
  async (digest, toSign) =>
    (await import("./bindingAccounts.ts")).signAsCoinbase(digest, toSign, { ownerIndex });

/** For `signDigest`: a Safe of version 1.3.0 or later (`SafeMessage`). `owners` are as many as its threshold asks for. Default: the one owner. */
export const safeAccount =
  ({ owners }: { readonly owners?: readonly Signer[] } = {}): SignDigest =>
  async (digest, toSign) =>
    (await import("./bindingAccounts.ts")).signAsSafe(digest, toSign, { owners: owners ?? [toSign.owner] });

/** For `signDigest`: an account by ERC-7739 (`TypedDataSign`), which must be deployed. */
export const erc7739Account = (): SignDigest => async (digest, toSign) =>
  (await import("./bindingAccounts.ts")).signAsErc7739(digest, toSign);

/** A contract account: what signs for it, and how it is made where it does not exist yet. */
export type ContractWallet = {
  /** The account's address: the requester. */
  readonly address: string;
  /** The account that owns it. */
  readonly owner: Signer;
  readonly provider: Provider;
  /** The contract that deploys the wallet, and the call that does it: for a wallet without code (ERC-6492). */
  readonly factory?: string;
  readonly factoryCalldata?: string;
  /** What the wallet's `isValidSignature` takes, made from the owner's signature. Default: that signature itself. */
  readonly encodeSignature?: (ownerSignature: string) => string | Promise<string>;
  /** For an account that binds what it is asked about to itself; in place of `encodeSignature`. */
  readonly signDigest?: SignDigest;
};

const ERC6492_SUFFIX = `0x${"6492".repeat(16)}`;

/**
 * A signer whose address is a contract account's (ERC-1271), for reading by HTTP: its owner signs, and while the account has no code the signature is
 * wrapped with its factory call (ERC-6492): keepers refuse that as WALLET_NOT_DEPLOYED unless their operators listed the factory, so deploy the account
 * first. Accounts that bind what they are asked about to themselves (Coinbase Smart Wallet, Safe, ERC-7739) take `signDigest`. It sends no transactions. Throws INVALID_VALUE for a bad address or half a factory.
 */
export const contractWalletSigner = (wallet: ContractWallet): Signer => new ContractWalletSigner(wallet);

/** ethers knows signers as classes: this one is the contract account to everything that asks. */
class ContractWalletSigner extends AbstractSigner<Provider> {
  readonly #wallet: ContractWallet;

  constructor(wallet: ContractWallet) {
    super(wallet.provider);
    const { factory, factoryCalldata } = wallet;
    if ((factory === undefined) !== (factoryCalldata === undefined))
      throw new KeyquorumError("INVALID_VALUE", "factory and factoryCalldata belong together: give both or neither.");
    if (factoryCalldata !== undefined && !isHexString(factoryCalldata))
      throw new KeyquorumError("INVALID_VALUE", "factoryCalldata is not hex.", { details: { field: "factoryCalldata" } });
    if (wallet.encodeSignature !== undefined && wallet.signDigest !== undefined)
      throw new KeyquorumError("INVALID_VALUE", "encodeSignature and signDigest are two ways to sign: give one of them.");
    this.#wallet = {
      ...wallet,
      address: parseAddress(wallet.address),
      ...(factory === undefined ? {} : { factory: parseAddress(factory) }),
    };
  }

  override async getAddress(): Promise<string> {
    return this.#wallet.address;
  }

  override connect(provider: Provider): ContractWalletSigner {
    return new ContractWalletSigner({ ...this.#wallet, provider });
  }

  override async signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    const { address, provider, factory, factoryCalldata } = this.#wallet;
    const code = await provider.getCode(address);
    if (code === "0x" && factory === undefined)
      throw new KeyquorumError(
        "NO_SIGNER",
        `There is no contract at ${address}, and no factory for it was given. Deploy the account first.`,
      );
    const signature = await this.#sign({ domain, types, message: value });
    if (code !== "0x") return signature; // keepers never unwrap ERC-6492 for an account with code
    return concat([
      AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes"], [factory, factoryCalldata, signature]),
      ERC6492_SUFFIX,
    ]);
  }

  async #sign(typed: AccountToSign["typed"]): Promise<string> {
    const { address: account, owner, provider, encodeSignature, signDigest } = this.#wallet;
    if (signDigest !== undefined) {
      const digest = TypedDataEncoder.hash(typed.domain, typed.types, typed.message);
      const chainId = BigInt(typed.domain.chainId ?? (await provider.getNetwork()).chainId);
      return signDigest(digest, { account, owner, chainId, provider, typed });
    }
    const { signByOwner } = await import("./bindingAccounts.ts");
    const signature = await signByOwner(owner, typed);
    return encodeSignature === undefined ? signature : encodeSignature(signature);
  }

  override signMessage(): Promise<string> {
    return Promise.reject(noTransactions());
  }

  override signTransaction(): Promise<string> {
    return Promise.reject(noTransactions());
  }

  override sendTransaction(): Promise<TransactionResponse> {
    return Promise.reject(noTransactions());
  }
}

const noTransactions = (): KeyquorumError =>
  new KeyquorumError("NO_SIGNER", "A contract account's signer signs requests only: send its transactions with the wallet's own software.");
