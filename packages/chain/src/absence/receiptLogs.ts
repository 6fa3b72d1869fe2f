import type { BlockHeader } from "../blocks.ts";
import { isUnavailable, RpcError } from "../errors.ts";
import { type ChainLog, compareLogs, parseLogs } from "../logs.ts";
import { parseHash, parseList, parseRecord } from "../parse.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";

/** Transactions of one block whose receipts are asked for one by one, at most. */
const MOST_TRANSACTIONS = 256;
const AT_ONCE = 8;
/** A node that refused eth_getBlockReceipts is asked for it again after so many blocks: it may have been replaced. */
const ASK_AGAIN_AFTER = 256;

type Source = { readonly rpc: Rpc; readonly addresses: readonly string[] };

/**
 * Reads the logs of a block out of its receipts: another way to them than eth_getLogs, which nodes keep apart. Undefined where that cannot be done:
 * the node has no such method, fails, or gives other receipts than the block has transactions. What it gives is not proved against the header.
 */
export const createReceiptLogs = ({ rpc, addresses }: Source) => {
  let askOneByOne = 0;

  const ofBlock = async (header: BlockHeader, options: RpcOptions | undefined): Promise<readonly unknown[] | undefined> => {
    if (askOneByOne > 0) return undefined;
    try {
      return parseList(
        "eth_getBlockReceipts",
        "receipts",
        await rpc.send("eth_getBlockReceipts", [`0x${header.number.toString(16)}`], options),
      );
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      askOneByOne = ASK_AGAIN_AFTER;
      return undefined;
    }
  };

  const oneByOne = async ({ transactions }: BlockHeader, options: RpcOptions | undefined): Promise<readonly unknown[] | undefined> => {
    if (transactions === undefined || transactions.length > MOST_TRANSACTIONS) return undefined;
    const receipts: unknown[] = [];
    for (let first = 0; first < transactions.length; first += AT_ONCE) {
      const some = transactions.slice(first, first + AT_ONCE);
      receipts.push(...(await Promise.all(some.map((hash) => rpc.send("eth_getTransactionReceipt", [hash], options)))));
    }
    return receipts;
  };

  return async (header: BlockHeader, options?: RpcOptions): Promise<readonly ChainLog[] | undefined> => {
    try {
      if (askOneByOne > 0) askOneByOne -= 1;
      const receipts = (await ofBlock(header, options)) ?? (await oneByOne(header, options));
      if (receipts === undefined || receipts.length !== (header.transactions ?? receipts).length) return undefined;
      return logsOf(receipts, header, addresses);
    } catch (error) {
      if (options?.signal?.aborted || !isUnavailable(error)) throw error;
      return undefined;
    }
  };
};

/** Undefined when a receipt is of another block. */
const logsOf = (receipts: readonly unknown[], header: BlockHeader, addresses: readonly string[]): readonly ChainLog[] | undefined => {
  const method = "eth_getBlockReceipts";
  const found: ChainLog[] = [];
  for (const receipt of receipts) {
    const { blockHash, logs } = parseRecord(method, receipt);
    if (parseHash(method, "blockHash", blockHash) !== header.hash) return undefined;
    const ours = parseList(method, "logs", logs).filter((log) => isOf(log, addresses));
    found.push(...parseLogs(method, ours));
  }
  const isWhole = found.every(({ blockHash, blockNumber }) => blockHash === header.hash && blockNumber === header.number);
  return isWhole ? found.sort(compareLogs) : undefined;
};

/** Logs of other contracts are passed over unread: what they hold is nothing to us. */
const isOf = (log: unknown, addresses: readonly string[]): boolean => {
  const { address } = parseRecord("eth_getBlockReceipts", log);
  return typeof address === "string" && addresses.includes(address.toLowerCase());
};
