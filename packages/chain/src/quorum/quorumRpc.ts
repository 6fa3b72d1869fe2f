import { blockParameter, parseBlock } from "../blocks.ts";
import { type Clock, systemClock } from "../clock.ts";
import { ChainUnavailableError, RpcError } from "../errors.ts";
import { parseBigQuantity } from "../parse.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import { type Agreement, type Ask, agree, collect, disagreement, majorityOf } from "./ask.ts";
import { withEveryBloom } from "./everyBloom.ts";
import { keyOfBlock, keyOfData, keyOfLogs, keyOfPresence, keyOfQuantity, keyOfReceipt, keyOfReceipts } from "./keys.ts";

export type QuorumOptions = {
  /** How long slower providers are waited for once a majority has said its newest block. Default 500 ms. */
  readonly graceMs?: number | undefined;
  readonly clock?: Clock | undefined;
};

/**
 * Asks several providers as one. What decides anything (blocks, calls, code, logs, receipts) is what more than half of them say; a minority that
 * lies, lags or is silent changes nothing. The newest block is the newest that a majority has at that height with that hash (D27); the newest final
 * block is one that a majority calls final. Fees, nonces and balances are medians. Transactions go to all. Two providers must agree with each other.
 * Throws `ChainUnavailableError` DISAGREEMENT where there is no majority.
 */
export const quorumRpc = (rpcs: readonly Rpc[], options: QuorumOptions = {}): Rpc => {
  const [only] = rpcs;
  if (only === undefined) throw new RangeError("quorumRpc needs at least one RPC.");
  if (rpcs.length === 1) return only;
  const { graceMs = 500, clock = systemClock } = options;
  return {
    send: (method, params, rpcOptions) => {
      const ask: Ask = { rpcs, method, params, options: rpcOptions };
      const agreement = AGREED[method];
      if (method === "eth_getBlockByNumber" && params[0] === "latest") return newestBlock(ask, clock, graceMs);
      if (method === "eth_getBlockByNumber" && (params[0] === "finalized" || params[0] === "safe"))
        return newestFinalBlock(ask, clock, graceMs);
      if (agreement !== undefined) return agree(ask, agreement);
      if (MEDIANS.has(method)) return median(ask, clock, graceMs);
      return firstResult(ask);
    },
  };
};

/** Methods whose answer decides something, and what has to be the same in it. */
const BLOCKS: Agreement = { keyOf: keyOfBlock, merge: withEveryBloom };
const AGREED: Readonly<Record<string, Agreement | undefined>> = {
  eth_chainId: { keyOf: keyOfQuantity },
  eth_getBlockByNumber: BLOCKS,
  eth_getBlockByHash: BLOCKS,
  eth_call: { keyOf: keyOfData },
  eth_getCode: { keyOf: keyOfData },
  eth_getStorageAt: { keyOf: keyOfData },
  eth_getLogs: { keyOf: keyOfLogs },
  eth_getTransactionByHash: { keyOf: keyOfPresence },
  eth_getTransactionReceipt: { keyOf: keyOfReceipt },
  eth_getBlockReceipts: { keyOf: keyOfReceipts },
};

/** Methods whose answers may differ by a little between honest providers. */
const MEDIANS: ReadonlySet<string> = new Set([
  "eth_blockNumber",
  "eth_estimateGas",
  "eth_gasPrice",
  "eth_getBalance",
  "eth_getTransactionCount",
  "eth_maxPriorityFeePerGas",
]);

type Seen = { readonly number: number; readonly key: string; readonly block: unknown };

/** The providers' own newest blocks by the tag; none where a majority says so. Throws the first failure where fewer than a majority have one. */
const seenBlocks = async (ask: Ask, clock: Clock, graceMs: number): Promise<readonly Seen[]> => {
  const heard = await collect(ask, clock, graceMs);
  const seen: Seen[] = [];
  for (const one of heard) {
    if (one?.kind !== "result" || one.result === null) continue;
    try {
      seen.push({ number: parseBlock(ask.method, one.result)?.number ?? 0, key: keyOfBlock(one.result), block: one.result });
    } catch {
      // malformed: counts as no answer
    }
  }
  if (seen.length >= majorityOf(ask.rpcs.length)) return seen.sort((a, b) => b.number - a.number);
  if (heard.filter((one) => one?.kind === "result" && one.result === null).length >= majorityOf(ask.rpcs.length)) return [];
  const failure = heard.find((one) => one?.kind === "error");
  throw failure?.kind === "error"
    ? failure.error
    : new ChainUnavailableError("DISAGREEMENT", "Most RPC providers have no such block. Check each of them.");
};

/** From the highest block that any provider names down to one that a majority has, with that hash, at that height. */
const newestBlock = async (ask: Ask, clock: Clock, graceMs: number): Promise<unknown> => {
  const seen = await seenBlocks(ask, clock, graceMs);
  const needed = majorityOf(ask.rpcs.length);
  const tried = new Set<string>();
  for (const { number, key, block } of seen) {
    if (tried.has(key)) continue;
    tried.add(key);
    if (seen.filter((other) => other.key === key).length >= needed) return block;
    const agreed = await blockAt(ask, number);
    if (agreed !== undefined && keyOfBlock(agreed) === key) return agreed;
  }
  throw disagreement(ask.method, new Map([...tried].map((key) => [key, 1])), ask.rpcs.length);
};

/** The highest block that a majority calls final and has: from the m-th highest that they name downwards, for a majority of m. */
const newestFinalBlock = async (ask: Ask, clock: Clock, graceMs: number): Promise<unknown> => {
  const seen = await seenBlocks(ask, clock, graceMs);
  if (seen.length === 0) return null;
  for (const { number } of seen.slice(majorityOf(ask.rpcs.length) - 1)) {
    const agreed = await blockAt(ask, number);
    if (agreed !== undefined) return agreed;
  }
  throw disagreement(ask.method, new Map(), ask.rpcs.length);
};

/** What a majority has at a height; undefined where it has nothing or is divided. */
const blockAt = async ({ rpcs, options }: Ask, number: number): Promise<unknown> => {
  try {
    const block = await agree({ rpcs, method: "eth_getBlockByNumber", params: [blockParameter(number), false], options }, BLOCKS);
    return block ?? undefined;
  } catch (error) {
    if (error instanceof RpcError || (error instanceof ChainUnavailableError && error.reason === "DISAGREEMENT")) return undefined;
    throw error;
  }
};

const median = async (ask: Ask, clock: Clock, graceMs: number): Promise<unknown> => {
  const heard = await collect(ask, clock, graceMs);
  const values: bigint[] = [];
  for (const one of heard) {
    try {
      if (one?.kind === "result") values.push(parseBigQuantity(ask.method, "result", one.result));
    } catch {
      // malformed: counts as no answer
    }
  }
  values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const middle = values[Math.floor((values.length - 1) / 2)];
  if (middle !== undefined && values.length >= majorityOf(ask.rpcs.length)) return `0x${middle.toString(16)}`;
  const failure = heard.find((one) => one?.kind === "error");
  throw failure?.kind === "error"
    ? failure.error
    : new ChainUnavailableError("BAD_RESPONSE", `Most RPC providers' answers to ${ask.method} are malformed.`);
};

/** The first result of any provider; everything else is asked this way, sending a transaction included: all providers get it. */
const firstResult = async ({ rpcs, method, params, options }: Ask): Promise<unknown> => {
  try {
    return await Promise.any(rpcs.map((rpc) => rpc.send(method, params, options as RpcOptions | undefined)));
  } catch (error) {
    const failures: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    throw failures.find((failure) => failure instanceof RpcError) ?? failures[0];
  }
};
