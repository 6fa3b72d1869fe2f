import { type BlockId, type BlockRef, blockByNumber, blockParameter } from "../blocks.ts";
import { ChainUnavailableError } from "../errors.ts";
import { type ChainLog, compareLogs, parseLogs } from "../logs.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";

/** Logs of a range with the blocks they are bound to, ascending; the last block is the range's end. */
export type RangeRead = { readonly logs: readonly ChainLog[]; readonly blocks: readonly BlockId[] };

export type RangeSource = { readonly rpc: Rpc; readonly addresses: readonly string[]; readonly options?: RpcOptions | undefined };

/** Which blocks to read. `parent` is the block before `from`, where it was read before; undefined at the very beginning. */
export type Range = { readonly from: number; readonly to: number; readonly parent: BlockId | undefined };

/**
 * Reads the logs of [from, to] in one eth_getLogs, then binds them to the chain: every log's block hash must be the canonical header's, the last
 * header, read before and after, must not have changed, and `parent` must still be canonical after that: so all of it lies on one chain.
 * Undefined when the chain moved meanwhile: read again.
 * For blocks well below the head: nodes behind one balancer may lag, and one that lacks the newest blocks returns no error and no logs.
 */
export const readRange = async ({ rpc, addresses, options }: RangeSource, { from, to, parent }: Range): Promise<RangeRead | undefined> => {
  const last = await blockByNumber(rpc, to, options);
  if (last === undefined) return undefined;
  const filter = { address: [...addresses], fromBlock: blockParameter(from), toBlock: blockParameter(to) };
  const logs = await getLogs({ rpc, addresses, options }, filter);
  const blocks = new Map<number, BlockId>([[to, { number: to, hash: last.hash }]]);
  for (const log of logs) {
    if (log.blockNumber < from || log.blockNumber > to) throw foreignLog("outside the range that was asked for");
    if (!blocks.has(log.blockNumber)) {
      const block = await blockByNumber(rpc, log.blockNumber, options);
      if (block === undefined) return undefined;
      blocks.set(log.blockNumber, { number: block.number, hash: block.hash });
    }
    if (blocks.get(log.blockNumber)?.hash !== log.blockHash) return undefined;
  }
  if (!(await isStillCanonical(rpc, last, options))) return undefined;
  if (parent !== undefined && !(await isStillCanonical(rpc, parent, options))) return undefined;
  return { logs, blocks: [...blocks.values()].sort((a, b) => a.number - b.number) };
};

/**
 * Reads the logs of [from, to] block by block, each by its hash (EIP-234), so that a node that lacks a block must say so. Each header's parent must
 * be the block before it. Undefined when the chain moved meanwhile.
 */
export const readBlocks = async ({ rpc, addresses, options }: RangeSource, { from, to, parent }: Range): Promise<RangeRead | undefined> => {
  const logs: ChainLog[] = [];
  const blocks: BlockRef[] = [];
  let before = parent;
  for (let number = from; number <= to; number += 1) {
    const block = await blockByNumber(rpc, number, options);
    if (block === undefined || (before !== undefined && block.parentHash !== before.hash)) return undefined;
    const found = await getLogs({ rpc, addresses, options }, { address: [...addresses], blockHash: block.hash });
    if (found.some((log) => log.blockHash !== block.hash || log.blockNumber !== number))
      throw foreignLog("of another block than was asked for");
    logs.push(...found);
    blocks.push(block);
    before = block;
  }
  const last = blocks.at(-1);
  if (last !== undefined && !(await isStillCanonical(rpc, last, options))) return undefined;
  return { logs, blocks: blocks.map(({ number, hash }) => ({ number, hash })) };
};

const getLogs = async (
  { rpc, addresses, options }: RangeSource,
  filter: Readonly<Record<string, unknown>>,
): Promise<readonly ChainLog[]> => {
  const logs = parseLogs("eth_getLogs", await rpc.send("eth_getLogs", [filter], options));
  if (logs.some(({ address }) => !addresses.includes(address))) throw foreignLog("of a contract that was not asked for");
  const sorted = [...logs].sort(compareLogs);
  if (sorted.some((log, index) => index > 0 && compareLogs(log, sorted[index - 1] ?? log) === 0)) throw foreignLog("twice");
  return sorted;
};

const isStillCanonical = async (rpc: Rpc, block: BlockId, options: RpcOptions | undefined): Promise<boolean> =>
  (await blockByNumber(rpc, block.number, options))?.hash === block.hash;

const foreignLog = (what: string): ChainUnavailableError =>
  new ChainUnavailableError("BAD_RESPONSE", `The node returned a log ${what} (eth_getLogs). Check the node.`);
