/** How one call is made. `timeoutMs` is for one attempt. When `signal` aborts, the call rejects with the signal's reason. */
export type RpcOptions = { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined };

/**
 * JSON-RPC to one node, or to several that are asked as one (`quorumRpc`). Resolves with `result`, unparsed.
 * Throws `RpcError` when the node answers with an error and `ChainUnavailableError` when there is no usable answer.
 */
export type Rpc = {
  send(method: string, params: readonly unknown[], options?: RpcOptions): Promise<unknown>;
};

/** Methods that only read: asking twice is harmless. */
const READS: ReadonlySet<string> = new Set([
  "eth_blockNumber",
  "eth_call",
  "eth_chainId",
  "eth_estimateGas",
  "eth_feeHistory",
  "eth_gasPrice",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getBlockReceipts",
  "eth_getCode",
  "eth_getLogs",
  "eth_getStorageAt",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
  "eth_maxPriorityFeePerGas",
  "net_version",
  "web3_clientVersion",
]);

/** Whether a method only reads, so that it may be sent again after a failure. */
export const isRead = (method: string): boolean => READS.has(method);
