import type { ChainLog } from "../logs.ts";

/** A transaction that is wanted on chain. The same id is the same transaction: sending it again sends nothing twice. */
export type SenderIntent = {
  readonly id: string;
  /** What kind of transaction it is, and what it is about: kept with it, for `isStillWanted`. */
  readonly kind?: string | undefined;
  readonly subject?: string | undefined;
  /** Lower-case hex. */
  readonly to: string;
  readonly data: string;
  readonly value?: bigint | undefined;
  /** Default: the node's estimate and a fifth more. */
  readonly gasLimit?: bigint | undefined;
};

/** A mined transaction that did what it should. Public. */
export type TransactionReceiptInfo = {
  readonly id: string;
  readonly transactionHash: string;
  readonly nonce: number;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly gasUsed: bigint;
  /** Wei. */
  readonly effectiveGasPrice: bigint;
  readonly logs: readonly ChainLog[];
};

/**
 * A signed transaction. `feeCap` is maxFeePerGas, or gasPrice where `tip` is null; in wei, decimal. `block` is the head when it was signed.
 * `cancels`: it does nothing but use the nonce of one that is wanted no more.
 */
export type SenderAttempt = {
  readonly hash: string;
  readonly raw: string;
  readonly nonce: number;
  readonly feeCap: string;
  readonly tip: string | null;
  readonly block: number;
  readonly cancels?: true;
};

/** Where a transaction was mined. Numbers in wei and gas are decimal. */
export type SenderReceipt = {
  readonly status: "success" | "reverted";
  readonly transactionHash: string;
  readonly nonce: number;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly gasUsed: string;
  readonly effectiveGasPrice: string;
  readonly logs: readonly ChainLog[];
};

/**
 * What is stored of an intent: plain JSON data. Public once sent.
 * pending: signed, to be mined. mined: in a block that may still go. final: in a block that stays. dropped: no attempt counts; it may be sent again.
 * `attempts` are all that could still be mined, the newest last; a final record keeps none, and where it succeeded only the keccak of its data and no logs.
 */
export type SenderRecord = {
  readonly version: 1;
  readonly id: string;
  /** As its intent said; undefined where it said nothing. */
  readonly kind?: string;
  readonly subject?: string;
  readonly to: string;
  readonly data: string;
  readonly value: string;
  readonly gasLimit: string;
  readonly state: "pending" | "mined" | "final" | "dropped";
  readonly attempts: readonly SenderAttempt[];
  readonly receipt: SenderReceipt | null;
};

/** Keeps the sender's records. `save` replaces the record of that id and is durable when it resolves: what is signed is saved before it is sent. */
export type SenderStore = {
  load(): Promise<readonly SenderRecord[]>;
  save(record: SenderRecord): Promise<void>;
};

/** An account that signs: an ethers Wallet, for one. The sender must be the only one that sends from it. */
export type SenderAccount = {
  getAddress(): Promise<string>;
  signTransaction(transaction: {
    readonly type: 0 | 2;
    readonly chainId: bigint;
    readonly nonce: number;
    readonly to: string;
    readonly data: string;
    readonly value: bigint;
    readonly gasLimit: bigint;
    readonly maxFeePerGas?: bigint;
    readonly maxPriorityFeePerGas?: bigint;
    readonly gasPrice?: bigint;
  }): Promise<string>;
};

/** A store for processes that need not survive: scripts, tests, browsers. */
export const memorySenderStore = (): SenderStore => {
  const records = new Map<string, SenderRecord>();
  return {
    load: async () => [...records.values()],
    save: async (record) => {
      records.set(record.id, record);
    },
  };
};
