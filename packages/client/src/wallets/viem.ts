import { KeyquorumError, parseAddress } from "@keyquorum/wire";
import {
  AbstractSigner,
  BrowserProvider,
  type JsonRpcError,
  type JsonRpcPayload,
  type JsonRpcResult,
  JsonRpcSigner,
  Network,
  type Provider,
  type Signer,
  Transaction,
  type TransactionLike,
  type TransactionRequest,
  type TypedDataDomain,
  TypedDataEncoder,
  type TypedDataField,
} from "ethers";
import { tellSwitches } from "../chain/chainSwitches.ts";

// viem itself is not imported: its clients are told by what they have. Nothing is asked of them but `request` (EIP-1193) and their account's signatures.

/** The account of a viem wallet client: `json-rpc` (the wallet signs), `local` (the key is in this process) or `smart` (a contract account). */
export type ViemAccount = {
  readonly address: string;
  readonly type: string;
  readonly signTypedData?: ((typed: never) => Promise<string>) | undefined;
  readonly signTransaction?: ((transaction: never) => Promise<string>) | undefined;
};

/** A client of viem, as far as it is used: a public client reads; a wallet client, which has an account, signs too. wagmi's clients are viem's. */
export type ViemClient = {
  readonly request: (asked: never) => Promise<unknown>;
  readonly transport: { readonly type: string };
  readonly account?: ViemAccount | undefined;
};

/** Whether it is a client of viem, and nothing of ethers. */
export const isViemClient = (value: object): value is ViemClient => "request" in value && "transport" in value;

const providers = new WeakMap<ViemClient, Map<bigint, ViemProvider>>();

/** What reads by a viem client, for a deployment's chain: the same one for the same client and chain. */
export const providerOfViem = (client: ViemClient, chainId: bigint): ViemProvider => {
  const known = providers.get(client) ?? new Map<bigint, ViemProvider>();
  providers.set(client, known);
  const provider = known.get(chainId) ?? new ViemProvider(client, chainId);
  known.set(chainId, provider);
  return provider;
};

/** What signs by a viem wallet client. Throws INVALID_VALUE where it has no account. */
export const signerOfViem = (client: ViemClient, chainId: bigint): Signer => {
  const { account } = client;
  if (account === undefined)
    throw new KeyquorumError("INVALID_VALUE", "The viem client has no account: create the wallet client with one.", {
      details: { field: "signer" },
    });
  const provider = providerOfViem(client, chainId);
  return account.type === "json-rpc"
    ? new JsonRpcSigner(provider, parseAddress(account.address))
    : new ViemAccountSigner(account, provider);
};

/** Transports that lead to one node, whose chain does not change. All others may be a wallet, whose user switches chains. */
const FIXED: ReadonlySet<string> = new Set(["http", "webSocket", "ipc"]);

/**
 * ethers knows providers as classes. A wallet behind a viem client says nothing here when its user switches to another chain (`chainChanged` goes to its
 * own provider), so it is asked for its chain after each answer, and a change counts as a switch.
 */
class ViemProvider extends BrowserProvider {
  readonly #ask: (method: string, params: unknown) => Promise<unknown>;
  readonly #noteChain: (chainId: unknown) => void;
  readonly #isFixed: boolean;

  constructor(client: ViemClient, chainId: bigint) {
    const isFixed = FIXED.has(client.transport.type);
    const request = client.request as (asked: { readonly method: string; readonly params: unknown }, options?: object) => Promise<unknown>; // EIP-1193
    // No cache: it would hold answers of the chain before. "any": otherwise ethers refuses a wallet forever that has switched once.
    const options = { cacheTimeout: -1, ...(isFixed ? { staticNetwork: true } : {}) };
    super({ request: ({ method, params = [] }) => request({ method, params }) }, isFixed ? Network.from(chainId) : "any", options);
    // viem asks again by itself after errors of many kinds: a user would be asked again, and might send twice.
    this.#ask = (method, params) => (isPrompt(method) ? request({ method, params }, { retryCount: 0 }) : request({ method, params }));
    this.#noteChain = tellSwitches(this);
    this.#isFixed = isFixed;
  }

  /** Not by ethers' queue, which first waits, forever, until the chain's id could be asked. */
  override async send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    const payload: JsonRpcPayload = { id: 1, jsonrpc: "2.0", method, params };
    const [answer] = await this._send(payload);
    if (answer === undefined || "error" in answer) throw this.getRpcError(payload, answer as JsonRpcError); // one answer to one question
    return answer.result;
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<(JsonRpcResult | JsonRpcError)[]> {
    if (Array.isArray(payload)) return (await Promise.all(payload.map((one) => this._send(one)))).flat();
    const { id, method, params } = payload;
    try {
      const result = await this.#ask(method, params);
      await this.#lookAtChain(method, result);
      return [{ id, result }];
    } catch (error) {
      const said = rpcErrorIn(error);
      if (said === undefined) throw error; // the way there failed
      return [{ id, error: said }];
    }
  }

  async #lookAtChain(method: string, result: unknown): Promise<void> {
    if (this.#isFixed || isPrompt(method)) return;
    // A wallet that cannot say it now is asked with the next answer.
    this.#noteChain(method === "eth_chainId" ? result : await this.#ask("eth_chainId", []).catch(() => undefined));
  }
}

/** What the wallet's user is shown: the chain is asked just before by whoever sends or signs. */
const isPrompt = (method: string): boolean => /^(eth_send|eth_sign|personal_|wallet_)/.test(method);

/**
 * What the node or wallet said itself: viem wraps it, and adds the RPC's URL and the request. Undefined where none answered by JSON-RPC, as on a failed
 * HTTP request.
 */
const rpcErrorIn = (error: unknown): JsonRpcError["error"] | undefined => {
  let said: JsonRpcError["error"] | undefined;
  for (let one = error, depth = 0; typeof one === "object" && one !== null && depth < 8; depth += 1) {
    const { code, message, details, data, status, cause } = one as Readonly<Record<string, unknown>>;
    if (typeof status === "number") return undefined;
    if (typeof code === "number" && code !== UNKNOWN)
      said = { code, message: String(details ?? message ?? ""), ...(data === undefined ? {} : { data }) };
    one = cause;
  }
  return said;
};

/** viem's number for a failure that had none. */
const UNKNOWN = -1;

/** ethers knows signers as classes: this one is an account whose signatures are made in this process. */
class ViemAccountSigner extends AbstractSigner<Provider> {
  /** Tells those who send that the hash is known before anything is sent. */
  readonly signsHere = true;
  readonly #account: ViemAccount;

  constructor(account: ViemAccount, provider: Provider) {
    super(provider);
    this.#account = account;
  }

  override async getAddress(): Promise<string> {
    return parseAddress(this.#account.address);
  }

  override connect(provider: Provider): ViemAccountSigner {
    return new ViemAccountSigner(this.#account, provider);
  }

  override async signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: Record<string, unknown>,
  ): Promise<string> {
    const sign = this.#account.signTypedData as ((typed: object) => Promise<string>) | undefined; // by viem's definition
    if (sign === undefined) throw new KeyquorumError("WALLET_UNSUPPORTED", "The viem account does not sign typed data.");
    return sign.call(this.#account, { domain, types, primaryType: TypedDataEncoder.from(types).primaryType, message });
  }

  override async signTransaction(given: TransactionRequest): Promise<string> {
    const sign = this.#account.signTransaction as ((transaction: object) => Promise<string>) | undefined; // by viem's definition
    if (sign === undefined)
      throw new KeyquorumError("NO_SIGNER", "A contract account of viem signs requests only: send its transactions with its bundler.");
    return sign.call(this.#account, viemTransactionOf(Transaction.from(given as TransactionLike<string>))); // populated: plain values
  }

  override signMessage(): Promise<string> {
    return Promise.reject(new KeyquorumError("WALLET_UNSUPPORTED", "This signer does not sign plain messages."));
  }
}

const TYPES = ["legacy", "eip2930", "eip1559"] as const;

/** A transaction in viem's words. */
const viemTransactionOf = (given: Transaction): object => {
  const { type, to, data, value, nonce, gasLimit: gas, gasPrice, maxFeePerGas, maxPriorityFeePerGas, chainId, accessList } = given;
  const name = TYPES[type ?? 2];
  if (name === undefined) throw new KeyquorumError("INVALID_VALUE", `This signer does not send transactions of type ${type}.`);
  return {
    ...{ type: name, chainId: Number(chainId), to, data, value, nonce, gas },
    ...(name === "eip1559" ? { maxFeePerGas, maxPriorityFeePerGas } : { gasPrice }),
    ...(accessList === null ? {} : { accessList: accessList.map(({ address, storageKeys }) => ({ address, storageKeys })) }),
  };
};
