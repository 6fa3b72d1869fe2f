import { KeyquorumError } from "@keyquorum/wire";
import type { Log, Provider } from "ethers";
import type { ChainCalls } from "./chainCalls.ts";
import { readPatiently, reasonOf } from "./patience.ts";

/** Where and what to look for. */
export type LogQuery = {
  readonly address: string | string[];
  readonly topics: (string | string[] | null)[];
  readonly fromBlock: number;
  readonly toBlock: number;
};

/** How far a search of events is: `done` of `total` blocks. `waitingMs`: the node asked for time, and the search continues after it. */
export type ScanProgress = { readonly done: number; readonly total: number; readonly waitingMs?: number };

/** Told after each piece of a search of events, and before each wait. */
export type OnScan = (progress: ScanProgress) => void;

type Scanned = {
  readonly provider: Provider;
  readonly calls: ChainCalls;
  readonly signal?: AbortSignal | undefined;
  readonly onScan?: OnScan | undefined;
};

/**
 * Logs, newest first, block range by block range: the caller stops when it has what it wants.
 *
 * The newest block's logs are asked for by its hash, together with the range below it: a node that lacks the block must say so, and is asked again,
 * instead of passing off what it lacks as nothing. A node that asks for time gets it. What nodes call too large is halved, and grows again.
 * Throws CHAIN_UNAVAILABLE; the signal's reason.
 */
export async function* scanLogs({ provider, calls, signal, onScan }: Scanned, query: LogQuery): AsyncGenerator<Log> {
  const { fromBlock, toBlock } = query;
  const total = toBlock - fromBlock + 1;
  const size = createScanSize(total);
  for (let end = toBlock; end >= fromBlock; ) {
    const start = Math.max(fromBlock, end - size.current() + 1);
    const done = toBlock - end;
    const read = end === toBlock ? readNewest : readRange;
    let logs: readonly Log[];
    try {
      const onWait = (waitingMs: number): void => onScan?.({ done, total, waitingMs });
      logs = await readPatiently(calls, "Reading events", () => read(provider, { ...query, fromBlock: start, toBlock: end }), {
        signal,
        onWait,
      });
    } catch (error) {
      if (signal?.aborted || start === end || !mayBeTooLarge(error)) throw error;
      // Gateways end a search that takes too long in ways that say nothing: if the node is there, fewer blocks may help.
      if (reasonOf(error) !== "RANGE_TOO_LARGE") await calls.read("Reading the block number", () => provider.getBlockNumber(), signal);
      size.shrink(end - start + 1);
      continue;
    }
    size.grow();
    onScan?.({ done: toBlock - start + 1, total });
    yield* [...logs].sort((a, b) => b.blockNumber - a.blockNumber || b.index - a.index);
    end = start - 1;
  }
}

/** What no smaller range mends. */
const NOT_THE_RANGE: ReadonlySet<string> = new Set(["RATE_LIMITED", "BLOCK_MISSING", "UNSUPPORTED", "REDIRECTED", "BATCH_REFUSED"]);

const mayBeTooLarge = (error: unknown): boolean => {
  const reason = reasonOf(error);
  return reason !== undefined && !NOT_THE_RANGE.has(reason);
};

const readRange = (provider: Provider, { address, topics, fromBlock, toBlock }: LogQuery): Promise<readonly Log[]> =>
  provider.getLogs({ address, topics, fromBlock, toBlock });

/** The newest block by its hash and the others by number, at the same time: providers that batch put both to one node. */
const readNewest = async (provider: Provider, query: LogQuery): Promise<readonly Log[]> => {
  const { address, topics, fromBlock, toBlock } = query;
  const [newest, older] = await Promise.all([
    provider.getBlock(toBlock).then((block) => {
      if (!block?.hash) throw blockMissing(toBlock);
      return provider.getLogs({ address, topics, blockHash: block.hash });
    }),
    fromBlock < toBlock ? readRange(provider, { ...query, toBlock: toBlock - 1 }) : [],
  ]);
  return [...newest, ...older];
};

const blockMissing = (number: number): KeyquorumError =>
  new KeyquorumError(
    "CHAIN_UNAVAILABLE",
    `Reading events: the node does not have block ${number}, which was named before: it lags behind.`,
    {
      details: { reason: "BLOCK_MISSING", block: number },
    },
  );

/** How many blocks one search spans: halved when a node refuses, doubled after a success while that is far from what was refused, else more by a tenth. */
const createScanSize = (max: number) => {
  let [size, refused] = [max, Number.POSITIVE_INFINITY];
  return {
    current: (): number => size,
    shrink: (asked: number): void => {
      refused = asked;
      size = Math.max(1, Math.floor(asked / 2));
    },
    grow: (): void => {
      size = Math.min(max, size * 2 < refused / 2 ? size * 2 : size + Math.max(1, Math.floor(size / 10)));
    },
  };
};
