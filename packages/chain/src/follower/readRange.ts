import type { AbsenceCheck } from "../absence/absenceCheck.ts";
import { type BlockHeader, type BlockId, blockByNumber, blockParameter, headerByNumber } from "../blocks.ts";
import { ChainUnavailableError } from "../errors.ts";
import { type ChainLog, compareLogs, parseLogs } from "../logs.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";

/** Logs of a range with the blocks they are bound to, ascending; the last block is the range's end. */
export type RangeRead = { readonly logs: readonly ChainLog[]; readonly blocks: readonly BlockId[] };

export type RangeSource = {
  readonly rpc: Rpc;
  readonly addresses: readonly string[];
  /** Looks twice at blocks that are said to have no logs. Undefined: nobody does. */
  readonly absences?: Pick<AbsenceCheck, "complete"> | undefined;
  readonly options?: RpcOptions | undefined;
};

/** Ranges of so many blocks are looked at block by block where they are said to have no logs; longer ones are read again later as a whole. */
const MOST_HEADERS = 64;
const HEADERS_AT_ONCE = 8;

/** Which blocks to read. `parent` is the block before `from`, where it was read before; undefined at the very beginning. */
export type Range = { readonly from: number; readonly to: number; readonly parent: BlockId | undefined };

/**
 * Reads the logs of [from, to] in one eth_getLogs, then binds them to the chain: every log's block hash must be the canonical header's, the last
 * header, read before and after, must not have changed, and `parent` must still be canonical after that: so all of it lies on one chain.
 * Undefined when the chain moved meanwhile: read again.
 * For blocks well below the head: nodes behind one balancer may lag, and one that lacks the newest blocks returns no error and no logs.
 */
export const readRange = async (source: RangeSource, range: Range): Promise<RangeRead | undefined> => {
  const { rpc, addresses, options } = source;
  const { from, to, parent } = range;
  const last = await blockByNumber(rpc, to, options);
  if (last === undefined) return undefined;
  const filter = { address: [...addresses], fromBlock: blockParameter(from), toBlock: blockParameter(to) };
  const named = await getLogs(source, filter);
  if (named.some(({ blockNumber }) => blockNumber < from || blockNumber > to)) throw foreignLog("outside the range that was asked for");
  const blocks = new Map<number, BlockId>([[to, { number: to, hash: last.hash }]]);
  const logs: ChainLog[] = [];
  for (const [number, ofBlock] of byBlock(named)) {
    const block = await headerByNumber(rpc, number, options);
    if (block === undefined || ofBlock.some(({ blockHash }) => blockHash !== block.hash)) return undefined;
    if (number !== to) blocks.set(number, { number, hash: block.hash });
    else if (block.hash !== last.hash) return undefined;
    logs.push(...(await completed(source, block, ofBlock)));
  }
  const overlooked = await overlookedIn(source, range, new Set(logs.map(({ blockNumber }) => blockNumber)));
  if (overlooked === undefined) return undefined;
  for (const { blockNumber, blockHash } of overlooked) {
    if (blockNumber === to && blockHash !== last.hash) return undefined;
    blocks.set(blockNumber, { number: blockNumber, hash: blockHash });
  }
  if (!(await isStillCanonical(rpc, last, options))) return undefined;
  if (parent !== undefined && !(await isStillCanonical(rpc, parent, options))) return undefined;
  return { logs: [...logs, ...overlooked].sort(compareLogs), blocks: [...blocks.values()].sort((a, b) => a.number - b.number) };
};

const byBlock = (logs: readonly ChainLog[]): ReadonlyMap<number, readonly ChainLog[]> =>
  Map.groupBy(logs, ({ blockNumber }) => blockNumber);

/**
 * Reads the logs of [from, to] block by block, each by its hash (EIP-234), so that a node that lacks a block must say so. Each header's parent must
 * be the block before it. Undefined when the chain moved meanwhile.
 */
export const readBlocks = async (source: RangeSource, { from, to, parent }: Range): Promise<RangeRead | undefined> => {
  const { rpc, options } = source;
  const logs: ChainLog[] = [];
  const blocks: BlockHeader[] = [];
  let before = parent;
  for (let number = from; number <= to; number += 1) {
    const block = await headerByNumber(rpc, number, options);
    if (block === undefined || (before !== undefined && block.parentHash !== before.hash)) return undefined;
    logs.push(...(await completed(source, block, await logsOfBlock(source, block))));
    blocks.push(block);
    before = block;
  }
  const last = blocks.at(-1);
  if (last !== undefined && !(await isStillCanonical(rpc, last, options))) return undefined;
  return { logs, blocks: blocks.map(({ number, hash }) => ({ number, hash })) };
};

const logsOfBlock = async (source: RangeSource, { hash, number }: BlockId): Promise<readonly ChainLog[]> => {
  const found = await getLogs(source, { address: [...source.addresses], blockHash: hash });
  if (found.some((log) => log.blockHash !== hash || log.blockNumber !== number)) throw foreignLog("of another block than was asked for");
  return found;
};

/** The logs of a block; where the node names none, as looking twice shows them. */
const completed = async (source: RangeSource, block: BlockHeader, named: readonly ChainLog[]): Promise<readonly ChainLog[]> =>
  (await source.absences?.complete(block, named, () => logsOfBlock(source, block), source.options)) ?? named;

/** What a short range's logs (of up to 64 blocks) leave out in the blocks that it names none of. Undefined when the chain moved meanwhile. */
export const overlookedIn = async (
  source: RangeSource,
  { from, to }: Pick<Range, "from" | "to">,
  named: ReadonlySet<number>,
): Promise<readonly ChainLog[] | undefined> => {
  if (source.absences === undefined || to - from >= MOST_HEADERS) return [];
  const silent = Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((number) => !named.has(number));
  const overlooked: ChainLog[] = [];
  for (let first = 0; first < silent.length; first += HEADERS_AT_ONCE) {
    const some = silent.slice(first, first + HEADERS_AT_ONCE);
    const headers = await Promise.all(some.map((number) => headerByNumber(source.rpc, number, source.options)));
    for (const header of headers) {
      if (header === undefined) return undefined;
      overlooked.push(...(await completed(source, header, [])));
    }
  }
  return overlooked;
};

/** eth_getLogs with what it says checked and sorted. Throws `ChainUnavailableError`. */
export const getLogs = async (
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
