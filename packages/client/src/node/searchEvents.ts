import type { Log, Provider } from "ethers";
import { createChainCalls } from "../chain/chainCalls.ts";
import { type LogQuery, type OnScan, scanLogs } from "../chain/logs.ts";
import { systemClock } from "../time/clock.ts";

/**
 * Events of any contract, newest first, as the client itself searches: in ranges that the node allows, waiting where it asks for time, and with the
 * newest block's by its hash, so that a node that lags has to say so. `toBlock` default: the newest. Throws CHAIN_UNAVAILABLE; the signal's reason.
 */
export async function* searchEvents(
  provider: Provider,
  { toBlock, ...query }: Omit<LogQuery, "toBlock"> & { readonly toBlock?: number },
  options: { readonly signal?: AbortSignal; readonly onScan?: OnScan } = {},
): AsyncGenerator<Log> {
  const calls = createChainCalls({ provider, clock: systemClock, readMs: 20_000, transactMs: 0, pollMs: 0 });
  const to = toBlock ?? (await calls.read("Reading the block number", () => provider.getBlockNumber(), options.signal));
  yield* scanLogs({ provider, calls, ...options }, { ...query, toBlock: to });
}
