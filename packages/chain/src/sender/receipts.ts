import { type ChainLog, parseLogs } from "../logs.ts";
import { parseBigQuantity, parseHash, parseQuantity, parseRecord } from "../parse.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import type { SenderAttempt, SenderReceipt, SenderRecord, TransactionReceiptInfo } from "./types.ts";

const METHOD = "eth_getTransactionReceipt";

/**
 * The receipt that counts: of any attempt that succeeded, else of a reverted one under the newest nonce (older ones were given up). Undefined when
 * there is none.
 */
export const receiptOf = async (rpc: Rpc, attempts: readonly SenderAttempt[], options?: RpcOptions): Promise<SenderReceipt | undefined> => {
  let reverted: SenderReceipt | undefined;
  for (const attempt of [...attempts].reverse()) {
    const value = await rpc.send(METHOD, [attempt.hash], options);
    if (value === null) continue;
    const receipt = parseReceipt(value, attempt);
    if (receipt.status === "success") return receipt;
    if (attempt.nonce === attempts.at(-1)?.nonce) reverted = receipt;
  }
  return reverted;
};

const parseReceipt = (value: unknown, { hash, nonce }: SenderAttempt): SenderReceipt => {
  const record = parseRecord(METHOD, value);
  const logs: readonly ChainLog[] = parseLogs(METHOD, record.logs);
  return {
    status: parseQuantity(METHOD, "status", record.status) === 1 ? "success" : "reverted",
    transactionHash: hash,
    nonce,
    blockNumber: parseQuantity(METHOD, "blockNumber", record.blockNumber),
    blockHash: parseHash(METHOD, "blockHash", record.blockHash),
    gasUsed: parseBigQuantity(METHOD, "gasUsed", record.gasUsed).toString(),
    effectiveGasPrice: parseBigQuantity(METHOD, "effectiveGasPrice", record.effectiveGasPrice ?? "0x0").toString(),
    logs,
  };
};

/** What `send` answers with. */
export const receiptInfo = ({ id }: SenderRecord, receipt: SenderReceipt): TransactionReceiptInfo => ({
  id,
  transactionHash: receipt.transactionHash,
  nonce: receipt.nonce,
  blockNumber: receipt.blockNumber,
  blockHash: receipt.blockHash,
  gasUsed: BigInt(receipt.gasUsed),
  effectiveGasPrice: BigInt(receipt.effectiveGasPrice),
  logs: receipt.logs,
});
