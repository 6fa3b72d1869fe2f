import { KeyquorumError } from "@keyquorum/wire";
import {
  AbstractSigner,
  type Provider,
  type Signer,
  type TransactionRequest,
  type TransactionResponse,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";
import type { ChainIdentity } from "../chain/chainIdentity.ts";
import { askWallet } from "./askWallet.ts";
import { broadcast } from "./broadcast.ts";
import type { Patience } from "./patience.ts";
import { dropUndone, nameOfCall, type UnfinishedTransaction, type UnfinishedTransactions } from "./unfinished.ts";

/**
 * A signer that sends to one chain only: before each transaction its provider is asked for the chain id again, and the transaction names it, so that a
 * wallet that is switched in between refuses it. An answer that is lost on the way is no failure: the transaction is looked for, by its hash where the
 * key is here, by account and nonce where a wallet signs. Throws WRONG_CHAIN, DEPLOYMENT_MISSING, TRANSACTION_PENDING, and what the signer throws.
 */
export const boundSigner = (
  inner: Signer,
  options: {
    readonly identity: ChainIdentity;
    readonly chainId: bigint;
    /** Calls whose outcome is not known: the same call again continues with them. Undefined: each call is sent. */
    readonly unfinished?: UnfinishedTransactions;
  } & Patience,
): Signer => new BoundSigner(inner, options);

/** ethers knows signers as classes: this one is the account to everything that asks. */
class BoundSigner extends AbstractSigner {
  readonly #inner: Signer;
  readonly #options: Parameters<typeof boundSigner>[1];

  constructor(inner: Signer, options: Parameters<typeof boundSigner>[1]) {
    super(inner.provider);
    this.#inner = inner;
    this.#options = options;
  }

  override getAddress(): Promise<string> {
    return this.#inner.getAddress();
  }

  override connect(provider: Provider | null): Signer {
    return new BoundSigner(this.#inner.connect(provider), this.#options);
  }

  override populateTransaction(transaction: TransactionRequest) {
    return this.#inner.populateTransaction(transaction);
  }

  override signTransaction(transaction: TransactionRequest): Promise<string> {
    return this.#inner.signTransaction(transaction);
  }

  override signMessage(message: string | Uint8Array): Promise<string> {
    return this.#inner.signMessage(message);
  }

  override async signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    if (holdsKey(this.#inner)) return this.#inner.signTypedData(domain, types, value);
    await this.#refuseElsewhere();
    try {
      return await this.#inner.signTypedData(domain, types, value);
    } catch (error) {
      await this.#refuseElsewhere(); // wallets have many words for it
      throw error;
    }
  }

  /** What is signed names its chain, so a wallet whose chain cannot be asked may be asked to sign all the same. */
  async #refuseElsewhere(): Promise<void> {
    await this.#options.identity.confirm().catch((error: unknown) => {
      if (error instanceof KeyquorumError) throw error;
    });
  }

  override async sendTransaction(transaction: TransactionRequest): Promise<TransactionResponse> {
    const { unfinished } = this.#options;
    const { to } = transaction;
    if (unfinished === undefined || to === undefined || to === null) return this.#send(transaction, {});
    const value = BigInt(transaction.value ?? 0);
    const name = nameOfCall({ from: await this.getAddress(), to: String(to), data: transaction.data ?? "0x", value });
    dropUndone(unfinished, name);
    const earlier = unfinished.get(name);
    const attempt: UnfinishedTransaction = earlier ?? {};
    unfinished.set(name, attempt);
    const sending = attempt.again?.(this.#options) ?? attempt.sending ?? this.#send(transaction, attempt);
    attempt.sending = sending;
    try {
      return await sending;
    } catch (error) {
      const isNewest = attempt.sending === sending && unfinished.get(name) === attempt;
      if (attempt.again === undefined && isNewest) unfinished.delete(name); // it was not sent
      throw error;
    }
  }

  async #send(transaction: TransactionRequest, attempt: UnfinishedTransaction): Promise<TransactionResponse> {
    const { identity, chainId, signal } = this.#options;
    const { provider } = this;
    if (provider === null) throw new KeyquorumError("NO_SIGNER", "The account's signer is not connected to a chain.");
    await identity.check();
    await identity.confirm();
    signal?.throwIfAborted();
    const request = { ...transaction, chainId };
    const account = { signer: this.#inner, provider, identity, attempt };
    return holdsKey(this.#inner) ? broadcast(account, request, this.#options) : askWallet(account, request, this.#options);
  }
}

/** Whether the key is in this process: then the hash is known before anything is sent. */
const holdsKey = (signer: Signer): boolean => "signingKey" in signer || "signsHere" in signer;
