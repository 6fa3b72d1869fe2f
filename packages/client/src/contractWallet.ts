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
  type TypedDataField,
} from "ethers";

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
};

const ERC6492_SUFFIX = `0x${"6492".repeat(16)}`;

/**
 * A signer whose address is a contract account's (ERC-1271), for reading by HTTP: its owner signs, and while the account has no code the signature is
 * wrapped with its factory call (ERC-6492): keepers refuse that as WALLET_NOT_DEPLOYED unless their operators listed the factory, so deploy the account
 * first. It sends no transactions. Throws INVALID_VALUE for a bad address or half a factory.
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
    const { address, owner, provider, factory, factoryCalldata, encodeSignature } = this.#wallet;
    const code = await provider.getCode(address);
    if (code === "0x" && factory === undefined)
      throw new KeyquorumError(
        "NO_SIGNER",
        `There is no contract at ${address}, and no factory is given that makes it. Deploy the account first.`,
      );
    const ownerSignature = await owner.signTypedData(domain, types, value);
    const signature = encodeSignature === undefined ? ownerSignature : await encodeSignature(ownerSignature);
    if (code !== "0x") return signature; // keepers never unwrap ERC-6492 for an account with code
    return concat([
      AbiCoder.defaultAbiCoder().encode(["address", "bytes", "bytes"], [factory, factoryCalldata, signature]),
      ERC6492_SUFFIX,
    ]);
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
  new KeyquorumError("NO_SIGNER", "A contract account's signer signs requests only: send its transactions by the wallet's own means.");
