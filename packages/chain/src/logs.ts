import { parseAddress, parseData, parseHash, parseList, parseQuantity, parseRecord } from "./parse.ts";

/** A log in a block. Public. All hex is lower case. (blockHash, logIndex) names it. */
export type ChainLog = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: number;
};

/** Reads a list of logs strictly. Logs of pending blocks have no block hash and are refused. */
export const parseLogs = (method: string, value: unknown): readonly ChainLog[] =>
  parseList(method, "logs", value).map((log) => parseLog(method, log));

const parseLog = (method: string, value: unknown): ChainLog => {
  const record = parseRecord(method, value);
  return {
    address: parseAddress(method, "address", record.address),
    topics: parseList(method, "topics", record.topics).map((topic) => parseHash(method, "topics", topic)),
    data: parseData(method, "data", record.data),
    blockNumber: parseQuantity(method, "blockNumber", record.blockNumber),
    blockHash: parseHash(method, "blockHash", record.blockHash),
    transactionHash: parseHash(method, "transactionHash", record.transactionHash),
    logIndex: parseQuantity(method, "logIndex", record.logIndex),
  };
};

/** Chain order: by block, then by index. */
export const compareLogs = (a: ChainLog, b: ChainLog): number => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex;
