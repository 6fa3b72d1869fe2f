import { expectedEventOf, interfaceOf } from "@keyquorum/bindings";
import { type Eip1193Provider, id, type ParamType, Transaction, toQuantity, ZeroAddress, ZeroHash } from "ethers";
import { fakeDeployment } from "./fakeDeployment.ts";

type Sent = {
  readonly hash: string;
  readonly from: string;
  readonly to: string | null;
  readonly data: string;
  readonly value: bigint;
  readonly nonce: number;
};
type Fields = Readonly<Record<string, unknown>>;

/** A JSON-RPC error as a node or wallet gives it. */
export const rpcError = (code: number, message: string): Error => Object.assign(new Error(message), { code });

const ACCOUNT = "0x00000000000000000000000000000000000a11ce";

/**
 * A node and a wallet in one (EIP-1193), with one account: takes transactions, mines them when it is told to or at once, and has every address's code.
 * Calls of the fake deployment's contracts emit their event, with zeros in it. `before` may answer in its place (undefined: it
 * does not), or throw.
 */
export const createFakeRpcChain = () => {
  const deployment = fakeDeployment();
  const state = {
    chainId: 31337n,
    account: ACCOUNT,
    hasCode: true,
    /** Mines each transaction at once. */
    automine: true,
    /** Whether the wallet compares the chain id that a transaction names with its own. */
    refusesOtherChains: true,
    asked: [] as { readonly method: string; readonly params: readonly unknown[] }[],
    pending: [] as Sent[],
    blocks: [[]] as (readonly Sent[])[],
    before: (async () => undefined) as (method: string, params: readonly unknown[]) => Promise<unknown>,
  };
  const listeners = new Map<string, ((value: unknown) => void)[]>();
  const mined = (): readonly Sent[] => state.blocks.flat();
  const mine = (...sent: readonly Sent[]): void => {
    state.blocks.push(sent);
    state.pending = state.pending.filter(({ nonce }) => !sent.some((one) => one.nonce === nonce));
  };
  const take = (sent: Sent): string => {
    if (state.automine) mine(sent);
    else state.pending = [...state.pending.filter(({ nonce }) => nonce !== sent.nonce), sent];
    return sent.hash;
  };
  const nonceOf = (tag: unknown): number => mined().length + (tag === "pending" ? state.pending.length : 0);
  const sentOf = (given: Fields, nonce = nonceOf("pending")): Sent => {
    const [to, data, value] = [
      given.to === undefined ? null : String(given.to),
      String(given.data ?? "0x"),
      BigInt(String(given.value ?? 0)),
    ];
    return { hash: id(`${nonce} ${to} ${data} ${value} ${state.asked.length}`), from: state.account, to, data, value, nonce };
  };
  const logsOf = (sent: Sent, at: Fields): readonly Fields[] => {
    const expected = state.chainId === deployment.chainId && state.hasCode ? expectedEventOf(deployment, sent) : undefined;
    if (expected === undefined) return [];
    const event = interfaceOf(expected.contract).getEvent(expected.event as never) as unknown as { readonly inputs: readonly ParamType[] };
    const { topics, data } = interfaceOf(expected.contract).encodeEventLog(event as never, event.inputs.map(zeroOf) as never);
    return [{ address: deployment.contracts[expected.contract], topics, data, ...at, logIndex: "0x0", removed: false }];
  };
  const placeOf = (hash: string): { readonly sent: Sent; readonly block: number | undefined } | undefined => {
    const block = state.blocks.findIndex((one) => one.some((sent) => sent.hash === hash));
    const sent = [...mined(), ...state.pending].find((one) => one.hash === hash);
    return sent === undefined ? undefined : { sent, block: block < 0 ? undefined : block };
  };
  const transactionOf = (hash: string): Fields | null => {
    const found = placeOf(hash);
    if (found === undefined) return null;
    const { sent, block } = found;
    return {
      ...{ hash, from: sent.from, to: sent.to, input: sent.data, value: toQuantity(sent.value), nonce: toQuantity(sent.nonce) },
      ...{ gas: "0x5208", gasPrice: "0x1", type: "0x0", chainId: toQuantity(state.chainId), r: ZeroHash, s: ZeroHash, v: "0x1b" },
      ...(block === undefined
        ? { blockNumber: null, blockHash: null, transactionIndex: null }
        : { blockNumber: toQuantity(block), blockHash: id(`block ${block}`), transactionIndex: "0x0" }),
    };
  };
  const receiptOf = (hash: string): Fields | null => {
    const found = placeOf(hash);
    if (found?.block === undefined) return null;
    const place = {
      transactionHash: hash,
      transactionIndex: "0x0",
      blockNumber: toQuantity(found.block),
      blockHash: id(`block ${found.block}`),
    };
    return {
      ...place,
      ...{ from: found.sent.from, to: found.sent.to, contractAddress: null, status: "0x1", type: "0x0", gasUsed: "0x5208" },
      ...{ cumulativeGasUsed: "0x5208", effectiveGasPrice: "0x1", logsBloom: `0x${"00".repeat(256)}`, logs: logsOf(found.sent, place) },
    };
  };
  const blockOf = (tag: unknown, isFull: unknown): Fields | null => {
    const number = tag === "latest" || tag === "pending" ? state.blocks.length - 1 : Number(tag);
    const sent = state.blocks[number];
    if (sent === undefined) return null;
    return {
      ...{ number: toQuantity(number), hash: id(`block ${number}`), parentHash: id(`block ${number - 1}`), timestamp: toQuantity(number) },
      ...{ nonce: "0x0000000000000000", difficulty: "0x0", gasLimit: "0x1c9c380", gasUsed: "0x0", miner: ZeroAddress, extraData: "0x" },
      transactions: sent.map(({ hash }) => (isFull === true ? transactionOf(hash) : hash)),
    };
  };
  const answer = (method: string, params: readonly unknown[]): unknown => {
    const [first, second] = params;
    switch (method) {
      case "eth_chainId":
        return toQuantity(state.chainId);
      case "eth_accounts":
      case "eth_requestAccounts":
        return [state.account];
      case "eth_blockNumber":
        return toQuantity(state.blocks.length - 1);
      case "eth_getCode":
        return state.hasCode ? "0x00" : "0x";
      case "eth_call":
        return "0x"; // also the look for code: then each address is asked for
      case "eth_estimateGas":
        return "0x5208";
      case "eth_gasPrice":
        return "0x1";
      case "eth_getLogs":
        return [];
      case "eth_getTransactionCount":
        return toQuantity(nonceOf(second));
      case "eth_getBlockByNumber":
        return blockOf(first, second);
      case "eth_getTransactionByHash":
        return transactionOf(String(first));
      case "eth_getTransactionReceipt":
        return receiptOf(String(first));
      case "eth_signTypedData_v4":
        return `0x${"11".repeat(65)}`;
      case "eth_sendTransaction": {
        const given = first as Fields;
        if (state.refusesOtherChains && given.chainId !== undefined && BigInt(String(given.chainId)) !== state.chainId)
          throw rpcError(-32602, "Provided chainId must match the active chainId.");
        return take(sentOf(given));
      }
      case "eth_sendRawTransaction": {
        const { hash, from, to, data, value, nonce, chainId } = Transaction.from(String(first));
        if (hash === null || from === null) throw rpcError(-32602, "not signed");
        if (placeOf(hash) !== undefined) throw rpcError(-32000, "already known");
        if (chainId !== state.chainId) throw rpcError(-32000, "invalid chain id for signer");
        if (nonce < nonceOf("latest")) throw rpcError(-32000, "nonce too low");
        return take({ hash, from: from.toLowerCase(), to: to?.toLowerCase() ?? null, data, value, nonce });
      }
      default:
        throw rpcError(-32601, `the method ${method} does not exist/is not available`);
    }
  };
  const wallet: Eip1193Provider & { readonly on: (event: string, listener: (value: unknown) => void) => void } = {
    request: async ({ method, params }) => {
      const given = Array.isArray(params) ? params : [];
      state.asked.push({ method, params: given });
      const other = await state.before(method, given);
      return other === undefined ? answer(method, given) : other;
    },
    on: (event, listener) => {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
    },
  };
  return {
    state,
    deployment,
    wallet,
    mine,
    mined,
    answer,
    /** What its user does: the wallet tells the page. */
    switchTo: (chainId: bigint): void => {
      state.chainId = chainId;
      for (const listener of listeners.get("chainChanged") ?? []) listener(toQuantity(chainId));
    },
    listenerCount: (event: string): number => listeners.get(event)?.length ?? 0,
    /** How often a method was asked for. */
    countOf: (method: string): number => state.asked.filter((one) => one.method === method).length,
    /** The same account's transaction in the place of another one: with a higher fee, or to do something else. */
    replacementOf: (sent: Sent, change: Partial<Sent> = {}): Sent => ({ ...sent, hash: id(`replaces ${sent.hash}`), ...change }),
  };
};

export type FakeRpcChain = ReturnType<typeof createFakeRpcChain>;

const zeroOf = ({ baseType, type, components }: ParamType): unknown => {
  if (baseType === "array") return [];
  if (baseType === "tuple") return (components ?? []).map(zeroOf);
  if (type === "address") return ZeroAddress;
  if (type === "string") return "";
  if (type === "bool") return false;
  if (type === "bytes") return "0x";
  const [, bytes] = /^bytes([0-9]+)$/.exec(type) ?? [];
  return bytes === undefined ? 0n : `0x${"00".repeat(Number(bytes))}`;
};
