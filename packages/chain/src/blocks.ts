import { ChainUnavailableError } from "./errors.ts";
import { parseHash, parseQuantity, parseRecord } from "./parse.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";

/** A block by number and hash. Public. `hash` is 32 bytes, lower-case hex. */
export type BlockId = { readonly number: number; readonly hash: string };

/** What is needed of a block's header. `timestamp` in seconds since 1970. */
export type BlockRef = BlockId & { readonly timestamp: number; readonly parentHash: string };

/** A header with what tells of the logs in its block. Nodes of some chains leave these out, or fill the bloom with nothing: both are hints only. */
export type BlockHeader = BlockRef & {
  /** 256 bytes; undefined where the node gives none. */
  readonly logsBloom: string | undefined;
  /** Hashes of its transactions, in order; undefined where the node gives none. */
  readonly transactions: readonly string[] | undefined;
};

export type BlockTag = "latest" | "finalized" | "safe";

/** The block at a height or tag on the node's canonical chain; undefined when the node has none. */
export const blockByNumber = async (rpc: Rpc, block: number | BlockTag, options?: RpcOptions): Promise<BlockRef | undefined> => {
  const found = parseBlock("eth_getBlockByNumber", await rpc.send("eth_getBlockByNumber", [blockParameter(block), false], options));
  if (found !== undefined && typeof block === "number" && found.number !== block)
    throw badBlock(`block ${found.number} where ${block} was asked for`);
  return found;
};

/** The same with what tells of its logs. */
export const headerByNumber = async (rpc: Rpc, block: number, options?: RpcOptions): Promise<BlockHeader | undefined> => {
  const value = await rpc.send("eth_getBlockByNumber", [blockParameter(block), false], options);
  const found = parseBlock("eth_getBlockByNumber", value);
  if (found !== undefined && found.number !== block) throw badBlock(`block ${found.number} where ${block} was asked for`);
  return found === undefined ? undefined : { ...found, ...hintsOf(value) };
};

/** Whatever is not what it should be counts as not there. */
const hintsOf = (value: unknown): Pick<BlockHeader, "logsBloom" | "transactions"> => {
  const { logsBloom, transactions } = parseRecord("eth_getBlockByNumber", value);
  const isBloom = typeof logsBloom === "string" && /^0x[0-9a-fA-F]{512}$/.test(logsBloom);
  const areHashes =
    Array.isArray(transactions) && transactions.every((hash) => typeof hash === "string" && /^0x[0-9a-fA-F]{64}$/.test(hash));
  return {
    logsBloom: isBloom ? logsBloom.toLowerCase() : undefined,
    transactions: areHashes ? (transactions as readonly string[]).map((hash) => hash.toLowerCase()) : undefined, // true: each was looked at
  };
};

/** The block with a hash; undefined when the node does not have it. It need not be canonical. */
export const blockByHash = async (rpc: Rpc, hash: string, options?: RpcOptions): Promise<BlockRef | undefined> => {
  const found = parseBlock("eth_getBlockByHash", await rpc.send("eth_getBlockByHash", [hash, false], options));
  if (found !== undefined && found.hash !== hash.toLowerCase()) throw badBlock(`block ${found.hash} where ${hash} was asked for`);
  return found;
};

/** A height as JSON-RPC writes it; tags stay. */
export const blockParameter = (block: number | BlockTag): string => (typeof block === "number" ? `0x${block.toString(16)}` : block);

/** Reads a header strictly; null is undefined. Throws `ChainUnavailableError` BAD_RESPONSE. */
export const parseBlock = (method: string, value: unknown): BlockRef | undefined => {
  if (value === null) return undefined;
  const record = parseRecord(method, value);
  return {
    number: parseQuantity(method, "number", record.number),
    hash: parseHash(method, "hash", record.hash),
    timestamp: parseQuantity(method, "timestamp", record.timestamp),
    parentHash: parseHash(method, "parentHash", record.parentHash),
  };
};

const badBlock = (what: string): ChainUnavailableError =>
  new ChainUnavailableError("BAD_RESPONSE", `The node returned ${what}. Check the node.`);
