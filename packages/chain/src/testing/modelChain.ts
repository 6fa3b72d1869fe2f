import { keccak256, Transaction, toUtf8Bytes } from "ethers";
import { RpcError } from "../errors.ts";
import type { ChainLog } from "../logs.ts";
import type { Rpc } from "../rpc.ts";
import { bloomOf } from "./blooms.ts";

/** A block of the model. `transactions`: hashes, in order, with whether they succeeded. */
export type ModelBlock = {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: number;
  readonly baseFee: bigint | undefined;
  readonly logs: readonly ChainLog[];
  readonly transactions: readonly { readonly tx: Transaction; readonly ok: boolean }[];
};

export type ModelCall = {
  readonly to: string;
  readonly data: string;
  readonly from?: string;
  readonly gas?: string;
  readonly value?: string;
};

/** What eth_call answers at a block: bytes, or a thrown RpcError. */
export type CallHandler = (call: ModelCall, block: ModelBlock) => string;

const quantity = (value: number | bigint): string => `0x${value.toString(16)}`;
const hashOf = (text: string): string => keccak256(toUtf8Bytes(text));

/**
 * A chain in memory with reorgs, a transaction pool and JSON-RPC, for tests of this package only. Everything about it is settable: it has no clock and
 * no randomness. `onSend` runs before each call is answered: it may throw, or move the chain.
 */
export class ModelChain {
  chain: ModelBlock[] = [];
  readonly everyBlock = new Map<string, ModelBlock>();
  readonly pool = new Map<string, Transaction>();
  readonly sent: { readonly method: string; readonly params: readonly unknown[] }[] = [];
  finalized = 0;
  balance = 10n ** 20n;
  baseFee: bigint | undefined = 1_000_000_000n;
  /** The lowest cap per gas that gets mined. */
  minCap = 0n;
  /** The most transactions per block. */
  blockSpace = 100;
  maxLogRange = Number.POSITIVE_INFINITY;
  succeeds: (tx: Transaction) => boolean = () => true;
  onSend: (method: string, params: readonly unknown[]) => void = () => {};
  onCall: CallHandler = () => "0x";
  bloomOf: (block: ModelBlock) => string | undefined = ({ logs }) => bloomOf(logs.flatMap(({ address, topics }) => [address, ...topics]));
  hasBlockReceipts = true;
  #made = 0;

  constructor() {
    this.append([]);
  }

  get head(): ModelBlock {
    const head = this.chain.at(-1);
    if (head === undefined) throw new Error("the model has no block");
    return head;
  }

  /** Appends a block with logs and whatever of the pool fits. */
  append(logs: readonly { readonly address: string; readonly data?: string }[]): ModelBlock {
    this.#made += 1;
    const parent = this.chain.at(-1);
    const number = (parent?.number ?? -1) + 1;
    const hash = hashOf(`block ${this.#made}`);
    const block: ModelBlock = {
      number,
      hash,
      parentHash: parent?.hash ?? `0x${"00".repeat(32)}`,
      timestamp: 1_700_000_000 + number,
      baseFee: this.baseFee,
      logs: logs.map(({ address, data = "0x" }, logIndex) => ({
        address,
        topics: [hashOf(`topic ${this.#made}`)],
        data,
        blockNumber: number,
        blockHash: hash,
        transactionHash: hashOf(`transaction ${this.#made} ${logIndex}`),
        logIndex,
      })),
      transactions: this.#takeFromPool(),
    };
    this.chain.push(block);
    this.everyBlock.set(hash, block);
    return block;
  }

  mine(count = 1): void {
    for (let mined = 0; mined < count; mined += 1) this.append([]);
  }

  /** Drops the newest blocks; their transactions are back in the pool unless `lose`. Append new ones afterwards. */
  cut(depth: number, { lose = false } = {}): void {
    const gone = this.chain.splice(this.chain.length - depth, depth);
    if (!lose) for (const { tx } of gone.flatMap(({ transactions }) => transactions)) this.pool.set(tx.hash ?? "", tx);
  }

  /** Blocks from genesis to the one with this hash, whether or not it is canonical. */
  branchOf(hash: string): readonly ModelBlock[] {
    const branch: ModelBlock[] = [];
    for (let block = this.everyBlock.get(hash); block !== undefined; block = this.everyBlock.get(block.parentHash)) branch.unshift(block);
    return branch;
  }

  nonceOf(from: string): number {
    return this.chain.flatMap(({ transactions }) => transactions).filter(({ tx }) => fromOf(tx) === from.toLowerCase()).length;
  }

  rpc(): Rpc {
    return {
      send: async (method, params) => {
        this.sent.push({ method, params });
        this.onSend(method, params);
        return this.#answer(method, params);
      },
    };
  }

  #answer(method: string, params: readonly unknown[]): unknown {
    const [first, second] = params as readonly [never, never];
    switch (method) {
      case "eth_chainId":
        return "0x7a69";
      case "eth_getBlockByNumber":
        return this.#blockJson(this.#byParameter(first));
      case "eth_getBlockByHash":
        return this.#blockJson(this.everyBlock.get(first));
      case "eth_getLogs":
        return this.#logs(first);
      case "eth_getBlockReceipts":
        return this.#blockReceipts(this.#byParameter(first));
      case "eth_getCode":
        return "0x60";
      case "eth_call":
        return this.onCall(first, this.#calledBlock(second));
      case "eth_estimateGas":
        return quantity(100_000);
      case "eth_maxPriorityFeePerGas":
        return quantity(1_000_000_000);
      case "eth_gasPrice":
        return quantity(2_000_000_000);
      case "eth_getBalance":
        return quantity(this.balance);
      case "eth_getTransactionCount":
        return quantity(this.nonceOf(first));
      case "eth_sendRawTransaction":
        return this.#take(Transaction.from(first as string));
      case "eth_getTransactionByHash":
        return this.pool.has(first) || this.#minedIn(first) !== undefined ? { hash: first } : null;
      case "eth_getTransactionReceipt":
        return this.#receipt(first);
      default:
        throw new RpcError(method, -32601, "no such method", undefined);
    }
  }

  #byParameter(parameter: string): ModelBlock | undefined {
    if (parameter === "latest") return this.head;
    if (parameter === "finalized") return this.chain[Math.min(this.finalized, this.chain.length - 1)];
    return this.chain[Number(parameter)];
  }

  #blockJson(block: ModelBlock | undefined): unknown {
    if (block === undefined) return null;
    const { number, hash, parentHash, timestamp, baseFee } = block;
    return {
      number: quantity(number),
      hash,
      parentHash,
      timestamp: quantity(timestamp),
      logsBloom: this.bloomOf(block),
      transactions: transactionsOf(block),
      ...(baseFee === undefined ? {} : { baseFeePerGas: quantity(baseFee) }),
    };
  }

  #calledBlock(parameter: { readonly blockHash: string } | string): ModelBlock {
    if (typeof parameter === "string") throw new RpcError("eth_call", -32602, "by hash only", undefined);
    const block = this.chain.find(({ hash }) => hash === parameter.blockHash);
    if (block === undefined) throw new RpcError("eth_call", -32001, "hash is not canonical", undefined);
    return block;
  }

  #logs(filter: {
    readonly address: readonly string[];
    readonly fromBlock: string;
    readonly toBlock: string;
    readonly blockHash?: string;
  }): unknown {
    const wanted = (blocks: readonly ModelBlock[]) =>
      blocks
        .flatMap(({ logs }) => logs)
        .filter(({ address }) => filter.address.includes(address))
        .map(logJson);
    if (filter.blockHash !== undefined) return wanted(this.chain.filter(({ hash }) => hash === filter.blockHash));
    const [from, to] = [Number(filter.fromBlock), Number(filter.toBlock)];
    if (to - from + 1 > this.maxLogRange) throw new RpcError("eth_getLogs", -32005, "too many blocks", undefined);
    return wanted(this.chain.slice(from, to + 1));
  }

  #take(tx: Transaction): string {
    const hash = tx.hash ?? "";
    if (this.pool.has(hash) || this.#minedIn(hash) !== undefined)
      throw new RpcError("eth_sendRawTransaction", -32000, "already known", undefined);
    if (tx.nonce < this.nonceOf(fromOf(tx))) throw new RpcError("eth_sendRawTransaction", -32000, "nonce too low", undefined);
    const rival = [...this.pool.values()].find((other) => fromOf(other) === fromOf(tx) && other.nonce === tx.nonce);
    if (rival !== undefined) {
      if (capOf(tx) < capOf(rival) + capOf(rival) / 10n)
        throw new RpcError("eth_sendRawTransaction", -32000, "replacement underpriced", undefined);
      this.pool.delete(rival.hash ?? "");
    }
    this.pool.set(hash, tx);
    return hash;
  }

  #takeFromPool(): { readonly tx: Transaction; readonly ok: boolean }[] {
    const taken: { readonly tx: Transaction; readonly ok: boolean }[] = [];
    for (let found = true; found && taken.length < this.blockSpace; ) {
      const next = [...this.pool.values()].find((tx) => {
        const before = taken.filter((other) => fromOf(other.tx) === fromOf(tx)).length;
        return tx.nonce === this.nonceOf(fromOf(tx)) + before && capOf(tx) >= this.minCap;
      });
      found = next !== undefined;
      if (next === undefined) continue;
      this.pool.delete(next.hash ?? "");
      taken.push({ tx: next, ok: this.succeeds(next) });
    }
    for (const tx of [...this.pool.values()]) if (tx.nonce < this.nonceOf(fromOf(tx))) this.pool.delete(tx.hash ?? "");
    return taken;
  }

  #minedIn(hash: string): ModelBlock | undefined {
    return this.chain.find(({ transactions }) => transactions.some(({ tx }) => tx.hash === hash));
  }

  #blockReceipts(block: ModelBlock | undefined): unknown {
    if (!this.hasBlockReceipts) throw new RpcError("eth_getBlockReceipts", -32601, "no such method", undefined);
    return block === undefined ? null : transactionsOf(block).map((hash) => receiptOfLogs(block, hash));
  }

  #receipt(hash: string): unknown {
    const emitting = this.chain.find(({ logs }) => logs.some(({ transactionHash }) => transactionHash === hash));
    if (emitting !== undefined) return receiptOfLogs(emitting, hash);
    const block = this.#minedIn(hash);
    const mined = block?.transactions.find(({ tx }) => tx.hash === hash);
    if (block === undefined || mined === undefined) return null;
    return {
      transactionHash: hash,
      blockHash: block.hash,
      blockNumber: quantity(block.number),
      status: mined.ok ? "0x1" : "0x0",
      gasUsed: quantity(80_000),
      effectiveGasPrice: quantity(1_000_000_000),
      logs: [],
    };
  }
}

const logJson = (log: ChainLog) => ({ ...log, blockNumber: quantity(log.blockNumber), logIndex: quantity(log.logIndex), removed: false });

/** Hashes of all transactions: each log has one of its own. */
const transactionsOf = ({ logs, transactions }: ModelBlock): readonly string[] => [
  ...logs.map(({ transactionHash }) => transactionHash),
  ...transactions.map(({ tx }) => tx.hash ?? ""),
];

const receiptOfLogs = ({ number, hash, logs }: ModelBlock, transactionHash: string) => ({
  transactionHash,
  blockHash: hash,
  blockNumber: quantity(number),
  status: "0x1",
  gasUsed: quantity(80_000),
  effectiveGasPrice: quantity(1_000_000_000),
  logs: logs.filter((log) => log.transactionHash === transactionHash).map(logJson),
});

const capOf = (tx: Transaction): bigint => tx.maxFeePerGas ?? tx.gasPrice ?? 0n;

/** Recovering the sender from the signature takes milliseconds, so it is done once. */
const senders = new WeakMap<Transaction, string>();
const fromOf = (tx: Transaction): string => {
  const from = senders.get(tx) ?? (tx.from ?? "").toLowerCase();
  senders.set(tx, from);
  return from;
};
