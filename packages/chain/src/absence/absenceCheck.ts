import type { BlockHeader } from "../blocks.ts";
import type { Clock } from "../clock.ts";
import { isUnavailable } from "../errors.ts";
import { type ChainLog, compareLogs } from "../logs.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import { bloomAdmits, createBloomTest, type WatchedLogs } from "./bloom.ts";
import { createReceiptLogs } from "./receiptLogs.ts";

/**
 * What a check brought to light, for counters and for the operator.
 * withheld: `logs` logs that eth_getLogs had left out at first. unchecked: a block whose absences were not checked by receipts. blooms: what the
 * chain's blooms are worth is known again.
 */
export type AbsenceNote =
  | { readonly kind: "withheld"; readonly block: number; readonly logs: number }
  | { readonly kind: "unchecked"; readonly block: number; readonly why: UncheckedReason }
  | { readonly kind: "blooms"; readonly worth: BloomWorth };

/** budget: too many receipts were asked for lately. sample: blooms tell nothing, and it was not this block's turn. no_receipts: the node gives none. */
export type UncheckedReason = "budget" | "sample" | "no_receipts";

/** telling: they exclude blocks. silent: they are empty, or missing, though blocks have logs. vague: they exclude almost no block. */
export type BloomWorth = "telling" | "silent" | "vague";

export type AbsenceCheck = {
  /**
   * The logs of ours in a block, where eth_getLogs named `logs`: more, where it named none, the bloom lets there be some, and asking again or the
   * block's receipts show some. Asks a bounded number of times and never throws for what it could not find out.
   * @param again asks eth_getLogs for this block once more
   */
  readonly complete: (
    header: BlockHeader,
    logs: readonly ChainLog[],
    again: () => Promise<readonly ChainLog[]>,
    options?: RpcOptions,
  ) => Promise<readonly ChainLog[]>;
  /** The same for a block that may have more logs than the ones that are known, which no bloom tells. */
  readonly countAgainstReceipts: (header: BlockHeader, logs: readonly ChainLog[], options?: RpcOptions) => Promise<readonly ChainLog[]>;
};

/** Receipts may be a megabyte a block: so many at once, and then one in so many milliseconds. */
const BURST = 32;
const REFILL_MILLISECONDS = 6_000;
/** How many empty answers show whether blooms exclude anything. */
const SAMPLE = 64;
/** Where so many of them were let through, blooms are vague. */
const VAGUE = 56;
/** Where blooms tell nothing, the receipts of one block in so many are asked for. */
const ONE_IN = 16;

/** Looks twice where a node says that a block has no logs of ours: absence is never believed from one answer. PROTOCOL section 3.8. */
export const createAbsenceCheck = (options: {
  readonly rpc: Rpc;
  readonly watched: WatchedLogs;
  readonly clock: Pick<Clock, "now">;
  readonly onNote?: ((note: AbsenceNote) => void) | undefined;
}): AbsenceCheck => {
  const { rpc, watched, clock, onNote = () => undefined } = options;
  const isPossible = createBloomTest(watched);
  const receiptLogs = createReceiptLogs({ rpc, addresses: [...watched.keys()] });
  const worth = createWorth((now) => onNote({ kind: "blooms", worth: now }));
  let [tokens, filledAt, sinceChecked] = [BURST, clock.now(), 0];

  const mayAskForReceipts = (): boolean => {
    filledAt = Math.min(filledAt, clock.now()); // it was ahead, and was put right
    const refilled = Math.floor((clock.now() - filledAt) / REFILL_MILLISECONDS);
    if (refilled > 0) {
      tokens = Math.min(BURST, tokens + refilled);
      filledAt += refilled * REFILL_MILLISECONDS;
    }
    if (tokens === 0) return false;
    tokens -= 1;
    return true;
  };
  const isInTurn = (): boolean => {
    if (worth.now() === "telling") return true;
    sinceChecked = (sinceChecked + 1) % ONE_IN;
    return sinceChecked === 1;
  };
  const withheld = (header: BlockHeader, found: readonly ChainLog[], known: readonly ChainLog[]): readonly ChainLog[] => {
    onNote({ kind: "withheld", block: header.number, logs: found.length - known.length });
    return found;
  };
  const unchecked = (header: BlockHeader, logs: readonly ChainLog[], why: UncheckedReason): readonly ChainLog[] => {
    onNote({ kind: "unchecked", block: header.number, why });
    return logs;
  };
  const learnFrom = ({ logsBloom }: BlockHeader, logs: readonly ChainLog[]): void =>
    worth.sawLogs(logsBloom !== undefined && logs.every((log) => bloomAdmits(logsBloom, log)));

  return {
    complete: async (header, logs, again, rpcOptions) => {
      if (logs.length > 0) {
        learnFrom(header, logs);
        return logs;
      }
      if (header.transactions?.length === 0) return logs;
      if (worth.now() !== "silent" && excludes(header, isPossible)) {
        worth.sawNone("excluded");
        return logs;
      }
      const second = await again().catch((error: unknown) => {
        if (!isUnavailable(error)) throw error;
        return [];
      });
      if (second.length > 0) return withheld(header, second, logs);
      worth.sawNone("letThrough");
      if (!isInTurn()) return unchecked(header, logs, "sample");
      if (!mayAskForReceipts()) return unchecked(header, logs, "budget");
      const found = await receiptLogs(header, rpcOptions);
      if (found === undefined) return unchecked(header, logs, "no_receipts");
      return found.length > 0 ? withheld(header, found, logs) : logs;
    },
    countAgainstReceipts: async (header, logs, rpcOptions) => {
      if (logs.length > 0) learnFrom(header, logs);
      if (!mayAskForReceipts()) return unchecked(header, logs, "budget");
      const found = await receiptLogs(header, rpcOptions);
      if (found === undefined) return unchecked(header, logs, "no_receipts");
      const known = new Set(logs.map(({ logIndex }) => logIndex));
      const missed = found.filter(({ logIndex }) => !known.has(logIndex));
      return missed.length === 0 ? logs : withheld(header, [...logs, ...missed].sort(compareLogs), logs);
    },
  };
};

/** Whether a bloom proves that there is nothing. An empty one does not where the block has transactions: some chains fill none. */
const excludes = ({ logsBloom }: BlockHeader, isPossible: (bloom: string) => boolean): boolean =>
  logsBloom !== undefined && !isPossible(logsBloom) && !/^0x0*$/.test(logsBloom);

/** Learns what a chain's blooms are worth, from blocks with logs and from blocks without; says it when it changes. */
const createWorth = (onChange: (worth: BloomWorth) => void) => {
  let recent: ("excluded" | "letThrough")[] = [];
  let worth: BloomWorth = "telling";
  const become = (now: BloomWorth): void => {
    if (now === worth) return;
    worth = now;
    onChange(now);
  };
  return {
    now: () => worth,
    /** A block has logs of ours: whether its bloom says so. */
    sawLogs: (isAdmitted: boolean): void => {
      if (!isAdmitted) become("silent");
      else if (worth === "silent") become("telling");
    },
    sawNone: (bloom: "excluded" | "letThrough"): void => {
      if (worth === "silent") return;
      recent = [...recent, bloom].slice(-SAMPLE);
      const letThrough = recent.filter((one) => one === "letThrough").length;
      if (recent.length === SAMPLE && letThrough >= VAGUE) become("vague");
      if (worth === "vague" && letThrough < VAGUE / 2) become("telling");
    },
  };
};
