/** A log as chain/follower delivers it. Same shape as ChainLog of @keyquorum/chain. Public. */
export type MirroredLog = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: number;
};

/** Every field that is given must match. Topics are 0x strings of 32 bytes; blocks are inclusive. */
export type LogFilter = {
  readonly address?: string;
  readonly topic0?: string;
  readonly topic1?: string;
  readonly topic2?: string;
  readonly topic3?: string;
  readonly fromBlock?: number;
  readonly toBlock?: number;
  readonly limit?: number;
};

/** Mirrored logs of the current chain, by ascending block and log index. */
export type LogStore = {
  find(filter?: LogFilter): Promise<readonly MirroredLog[]>;
  /** Deletes the logs of these addresses below a block, but none with this topic 0; answers with how many. */
  prune(filter: { readonly addresses: readonly string[]; readonly belowBlock: number; readonly exceptTopic0?: string }): Promise<number>;
};

/** Names a follower of an extension: 1 to 64 characters each, of a to z, 0 to 9, "-" and "_". */
export type FollowerName = { readonly extension: string; readonly name: string };
