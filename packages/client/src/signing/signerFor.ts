import { KeyquorumError, parseAddress } from "@keyquorum/wire";
import {
  AbstractSigner,
  getBytes,
  type Provider,
  Signature,
  Transaction,
  type TransactionRequest,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import { type KeySignature, keyAddress, type SignOptions, sign } from "./sign.ts";
import type { SigningContent } from "./statementOf.ts";

/**
 * Makes an ethers signer of an ECDSA key, or of an address that is derived from it: an account whose private key exists nowhere. The client's account asks, and
 * the key's rules decide. It signs typed data, messages, and transactions of type 2 of whatever chain the provider is on: connect it to that chain.
 * Throws UNKNOWN_KEY, INVALID_VALUE (a Schnorr key signs for a SchnorrAccount: use `sign`), CHAIN_UNAVAILABLE.
 * @param options.provider of the chain on which the account acts; default: none, so that it signs but sends nothing
 */
export const signerFor = action(
  "signerFor",
  async (
    client: Client,
    keyId: string,
    options: SignOptions & { readonly provider?: Provider } = {},
  ): Promise<AbstractSigner<Provider | null>> => {
    const { provider = null, ...signing } = options;
    const address = await keyAddress(client, keyId, options);
    return keySigner(address, (content) => sign(client, keyId, content, signing), provider);
  },
);

/** The signer of an address whose signatures `signContent` gives. */
export const keySigner = (
  address: string,
  signContent: (content: SigningContent) => Promise<Pick<KeySignature, "signature">>,
  provider: Provider | null,
): AbstractSigner<Provider | null> => new KeySigner(address, signContent, provider);

/** ethers knows signers as classes. */
class KeySigner extends AbstractSigner<Provider | null> {
  readonly #address: string;
  readonly #sign: (content: SigningContent) => Promise<Pick<KeySignature, "signature">>;

  constructor(
    address: string,
    signContent: (content: SigningContent) => Promise<Pick<KeySignature, "signature">>,
    provider: Provider | null,
  ) {
    super(provider);
    this.#address = address;
    this.#sign = signContent;
  }

  override async getAddress(): Promise<string> {
    return this.#address;
  }

  override connect(provider: Provider | null): KeySigner {
    return new KeySigner(this.#address, this.#sign, provider);
  }

  override async signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: Record<string, unknown>,
  ): Promise<string> {
    return this.#accountSignature({ typedData: { domain, types, message } });
  }

  override signMessage(message: string | Uint8Array): Promise<string> {
    return this.#accountSignature({ message });
  }

  override async signTransaction(request: TransactionRequest): Promise<string> {
    const { from, to, ...rest } = request;
    if (from !== undefined && from !== null && parseAddress(String(from)) !== this.#address)
      throw new KeyquorumError("INVALID_VALUE", "The transaction is of another account.", { details: { what: "from" } });
    const transaction = Transaction.from({ ...rest, type: 2, to: to === undefined || to === null ? null : String(to) } as Parameters<
      typeof Transaction.from
    >[0]); // ethers fills in and checks what is left
    if (request.type !== undefined && request.type !== null && request.type !== 2)
      throw new KeyquorumError("INVALID_VALUE", "Keys sign transactions of type 2 (EIP-1559) only.", { details: { what: "type" } });
    if (transaction.to === null)
      throw new KeyquorumError("INVALID_VALUE", "A key deploys no contract by itself.", { details: { what: "to" } });
    if ((transaction.accessList ?? []).length > 0)
      throw new KeyquorumError("INVALID_VALUE", "Keys sign transactions without an access list.", { details: { what: "accessList" } });
    const signature = await this.#accountSignature({
      transaction: {
        chainId: transaction.chainId,
        nonce: BigInt(transaction.nonce),
        tip: transaction.maxPriorityFeePerGas ?? 0n,
        feeCap: transaction.maxFeePerGas ?? 0n,
        gasLimit: transaction.gasLimit,
        to: parseAddress(transaction.to),
        value: transaction.value,
        data: getBytes(transaction.data),
      },
    });
    transaction.signature = Signature.from(signature);
    return transaction.serialized;
  }

  async #accountSignature(content: SigningContent): Promise<string> {
    const { signature } = await this.#sign(content);
    if (signature.length === 2 + 2 * 65) return signature;
    throw new KeyquorumError("INVALID_VALUE", "A Schnorr key signs for a SchnorrAccount only: use sign.", { details: { what: "keyId" } });
  }
}
