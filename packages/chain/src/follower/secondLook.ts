import type { AbsenceCheck } from "../absence/absenceCheck.ts";
import { blockParameter, headerByNumber } from "../blocks.ts";
import { type ChainLog, compareLogs } from "../logs.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import { getLogs, overlookedIn, type RangeSource } from "./readRange.ts";

/** How many blocks of a range have their logs counted against their receipts, newest first. */
const MOST_COUNTED = 16;

/** Blocks that are final, both ends included. */
export type FinalRange = { readonly from: number; readonly to: number };

/**
 * Reads final blocks again, in another way than the first time: as a range instead of block by block, with the receipts of blocks that have logs, where
 * a part may be missing that no bloom tells; in up to 64 blocks also by the blooms of those that are said to have none. Answers with the logs that are
 * not among `known`, in chain order; undefined when a block turned out not to be on the chain: that is for the follower to say.
 * Throws `ChainUnavailableError` and `RpcError`.
 */
export const createSecondLook =
  ({ rpc, addresses, absences }: { readonly rpc: Rpc; readonly addresses: readonly string[]; readonly absences: AbsenceCheck }) =>
  async ({ from, to }: FinalRange, known: readonly ChainLog[], options?: RpcOptions): Promise<readonly ChainLog[] | undefined> => {
    const source: RangeSource = { rpc, addresses: addresses.map((address) => address.toLowerCase()), absences, options };
    const named = await getLogs(source, {
      address: [...source.addresses],
      fromBlock: blockParameter(from),
      toBlock: blockParameter(to),
    });
    const isKnown = new Set(known.map(nameOf));
    const all = [...known, ...named.filter((log) => !isKnown.has(nameOf(log)))];
    const byBlock = Map.groupBy(all, ({ blockNumber }) => blockNumber);
    const overlooked = await overlookedIn(source, { from, to }, new Set(byBlock.keys()));
    if (overlooked === undefined) return undefined;

    const late: ChainLog[] = [...overlooked];
    const numbers = [...byBlock.keys()].sort((a, b) => b - a);
    for (const [index, number] of numbers.entries()) {
      const logs = byBlock.get(number) ?? [];
      const isNews = logs.some((log) => !isKnown.has(nameOf(log)));
      if (index >= MOST_COUNTED && !isNews) continue;
      const header = await headerByNumber(rpc, number, options);
      if (header === undefined || logs.some(({ blockHash }) => blockHash !== header.hash)) return undefined;
      const counted = index < MOST_COUNTED ? await absences.countAgainstReceipts(header, logs, options) : logs;
      late.push(...counted.filter((log) => !isKnown.has(nameOf(log))));
    }
    return late.sort(compareLogs);
  };

export type SecondLook = ReturnType<typeof createSecondLook>;

const nameOf = ({ blockHash, logIndex }: ChainLog): string => `${blockHash} ${logIndex}`;
