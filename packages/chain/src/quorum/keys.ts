import { parseBlock } from "../blocks.ts";
import { compareLogs, parseLogs } from "../logs.ts";
import { parseBigQuantity, parseData, parseList, parseRecord } from "../parse.ts";

/** What has to be equal in two providers' results of a method for them to agree: everything that this package reads of it, and nothing else. */
export const keyOfBlock = (value: unknown): string => {
  const block = parseBlock("eth_getBlock", value);
  if (block === undefined) return "none";
  const fee = parseRecord("eth_getBlock", value).baseFeePerGas;
  const baseFee = fee === undefined || fee === null ? "none" : parseBigQuantity("eth_getBlock", "baseFeePerGas", fee);
  return `${block.number} ${block.hash} ${block.timestamp} ${block.parentHash} ${baseFee}`;
};

export const keyOfData = (value: unknown): string => parseData("eth_call", "result", value);

export const keyOfQuantity = (value: unknown): string => parseBigQuantity("quantity", "result", value).toString();

export const keyOfLogs = (value: unknown): string => JSON.stringify([...parseLogs("eth_getLogs", value)].sort(compareLogs));

/** Whether there is one, for transactions: the hash that was asked for fixes the rest. */
export const keyOfPresence = (value: unknown): string => (value === null ? "none" : "there");

export const keyOfReceipt = (value: unknown): string => {
  if (value === null) return "none";
  const { blockHash, blockNumber, transactionHash, status, gasUsed, logs } = parseRecord("eth_getTransactionReceipt", value);
  const lower = [blockHash, transactionHash].map((hash) => String(hash).toLowerCase());
  const numbers = [blockNumber, status, gasUsed].map((quantity) => parseBigQuantity("eth_getTransactionReceipt", "quantity", quantity));
  return `${lower.join(" ")} ${numbers.join(" ")} ${keyOfLogs(logs)}`;
};

/** Of a block's receipts: which transactions they are of, and their logs. */
export const keyOfReceipts = (value: unknown): string =>
  value === null
    ? "none"
    : JSON.stringify(
        parseList("eth_getBlockReceipts", "receipts", value).map((receipt) => {
          const { transactionHash, blockHash, logs } = parseRecord("eth_getBlockReceipts", receipt);
          return [transactionHash, blockHash].map((hash) => String(hash).toLowerCase()).concat(keyOfLogs(logs));
        }),
      );
