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
import { abortable, limitedSignal } from "../abortable.ts";
import type { ChainIdentity } from "../chainIdentity.ts";
import { askWallet } from "./askWallet.ts";
import { broadcast } from "./broadcast.ts";
import type { Patience } from "./patience.ts";

/**
 * A signer that sends to one chain only: before each transaction its provider is asked for the chain id again, and the transaction names it, so that a
 * wallet that is switched in between refuses it. An answer that is lost on the way is no failure: the transaction is looked for, by its hash where the
 * key is here, by account and nonce where a wallet signs. Throws WRONG_CHAIN, DEPLOYMENT_MISSING, TRANSACTION_PENDING, and what the signer throws.
 */
export const boundSigner = (inner: Signer, options: { readonly identity: ChainIdentity; readonly chainId: bigint } & Patience): Signer =>
  new BoundSigner(inner, options);

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
    const { clock, giveUpMs, signal } = this.#options;
    const onTimeout = (): Error => new KeyquorumError("WALLET_TIMEOUT", `The wallet did not sign within ${giveUpMs} ms.`);
    const limited = limitedSignal({ signal, timeoutMs: giveUpMs, clock, onTimeout });
    try {
      return await abortable(this.#inner.signTypedData(domain, types, value), limited.signal);
    } catch (error) {
      await this.#refuseElsewhere(); // wallets have many words for it
      throw error;
    } finally {
      limited.dispose();
    }
  }

  /** What is signed names its chain, so a wallet whose chain cannot be asked may be asked to sign all the same. */
  async #refuseElsewhere(): Promise<void> {
    await this.#options.identity.confirm().catch((error: unknown) => {
      if (error instanceof KeyquorumError) throw error;
    });
  }

  override async sendTransaction(transaction: TransactionRequest): Promise<TransactionResponse> {
    const { identity, chainId, signal } = this.#options;
    const { provider } = this;
    if (provider === null) throw new KeyquorumError("NO_SIGNER", "The account's signer is connected to no chain.");
    await identity.check();
    await identity.confirm();
    signal?.throwIfAborted();
    const request = { ...transaction, chainId };
    return holdsKey(this.#inner)
      ? broadcast({ ...this.#options, signer: this.#inner, provider }, request)
      : askWallet({ ...this.#options, signer: this.#inner, provider }, request);
  }
}

/** Whether the key is in this process: then the hash is known before anything is sent. */
const holdsKey = (signer: Signer): boolean => "signingKey" in signer;
