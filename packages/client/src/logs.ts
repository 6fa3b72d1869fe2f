import type { Log, Provider } from "ethers";
import type { ChainCalls } from "./chainCalls.ts";

/** Where and what to look for. */
export type LogQuery = {
  readonly address: string | string[];
  readonly topics: (string | string[] | null)[];
  readonly fromBlock: number;
  readonly toBlock: number;
};

/**
 * Logs, newest first, block range by block range: the caller stops when it has what it wants.
 *
 * Nodes limit ranges in many ways and words, so any error of a node that is there halves the range. Throws CHAIN_UNAVAILABLE.
 */
export async function* scanLogs(
  { provider, calls, signal }: { readonly provider: Provider; readonly calls: ChainCalls; readonly signal?: AbortSignal | undefined },
  { address, topics, fromBlock, toBlock }: LogQuery,
): AsyncGenerator<Log> {
  let size = toBlock - fromBlock + 1;
  for (let end = toBlock; end >= fromBlock; ) {
    const start = Math.max(fromBlock, end - size + 1);
    let logs: readonly Log[];
    try {
      logs = await calls.read("Reading events", () => provider.getLogs({ address, topics, fromBlock: start, toBlock: end }), signal);
    } catch (error) {
      if (signal?.aborted || start === end) throw error;
      await calls.read("Reading the block number", () => provider.getBlockNumber(), signal);
      size = Math.max(1, Math.floor((end - start + 1) / 2));
      continue;
    }
    yield* [...logs].sort((a, b) => b.blockNumber - a.blockNumber || b.index - a.index);
    end = start - 1;
  }
}
