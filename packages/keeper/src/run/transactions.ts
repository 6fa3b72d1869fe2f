import { decodeContractError } from "@keyquorum/bindings";
import { isUnavailable, type Sender, SenderError, type TransactionReceiptInfo } from "@keyquorum/chain";
import type { Address, Hex } from "@keyquorum/wire";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Clock } from "./clock.ts";
import { hasCome } from "./every.ts";
import { setNewest } from "./newestOnly.ts";

/**
 * A transaction that this keeper wants on chain. The same id is the same transaction: posting it again is harmless. Kind and subject are kept with it:
 * the story whose kind it is decides by them whether it may be sent again (`Story.mayResend`).
 */
export type Intent = {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly to: Address;
  readonly data: Hex;
  readonly gasLimit?: bigint;
};

/** Sends in the background, so that work never waits for a block: it looks at the chain again at the next head. */
export type Transactions = {
  /** Sends, or sees to it that what was sent stays on chain. Does nothing while the same is being sent or failed a moment ago, nor from a revoked account. */
  readonly post: (intent: Intent) => void;
  /** Whether posting it now would do nothing. */
  readonly isBusy: (id: string) => boolean;
  /** Resolves when nothing is being sent. */
  readonly idle: () => Promise<void>;
};

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;
/** How many outcomes are remembered: of an older one, "mined" is said again, and the first delay is the shortest again. */
const MOST_REMEMBERED = 5_000;

export const createTransactions = (options: {
  readonly sender: Pick<Sender, "send">;
  /** What was sent under an id before, in this life or an earlier one: the same bytes are sent again (D21), though a proof could be made again. */
  readonly recorded: (id: string) => Promise<{ readonly to: string; readonly data: string } | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "transactions">;
  /** Whether this keeper's account was revoked as stolen: nothing leaves it any more. */
  readonly isRevoked: () => boolean;
  /** Called when one was mined: the work that wanted it may continue. */
  readonly onMined?: () => void;
}): Transactions => {
  const { sender, clock, log, metrics } = options;
  const sending = new Map<string, Promise<void>>();
  const failed = new Map<string, { readonly times: number; readonly notBefore: number }>();
  const mined = new Map<string, string>();

  /** The same transaction is asked for until its work is over: it is news once. */
  const noteMined = (id: string, kind: string, { transactionHash, gasUsed, blockNumber }: TransactionReceiptInfo): void => {
    failed.delete(id);
    if (mined.get(id) === transactionHash) return;
    setNewest(mined, id, transactionHash, MOST_REMEMBERED);
    metrics.transactions.inc({ kind, outcome: "mined" });
    log.info("Transaction mined", { kind, transactionHash, gasUsed, blockNumber });
    options.onMined?.();
  };

  const noteFailed = (kind: string, times: number, error: unknown): void => {
    const contractError = decodeContractError(error);
    const why = contractError === undefined ? {} : { contractError: contractError.name, sentence: contractError.sentence };
    const data = { kind, times, ...why, ...describeError(error) };
    // Who comes second with work that one keeper suffices for, or last with what others have decided, is refused, and nothing is wrong.
    if (error instanceof SenderError && (error.code === "TX_WOULD_REVERT" || isTooLate(error)))
      log.info("The contract would refuse a transaction; looking at the chain again", data);
    else log.warn("A transaction did not get on chain; trying again if it is still wanted", data);
  };

  const send = async ({ id, kind, subject, gasLimit, ...wanted }: Intent): Promise<void> => {
    try {
      const { to, data } = (await options.recorded(id)) ?? wanted;
      noteMined(id, kind, await sender.send({ id, kind, subject, to, data, ...(gasLimit === undefined ? {} : { gasLimit }) }));
    } catch (error) {
      if (error instanceof SenderError && error.code === "SENDER_CLOSED") return; // the keeper stops; the next start continues
      const times = (failed.get(id)?.times ?? 0) + 1;
      const delay = isUnavailable(error) ? FIRST_DELAY : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (times - 1));
      setNewest(failed, id, { times, notBefore: clock.now() + delay }, MOST_REMEMBERED);
      metrics.transactions.inc({ kind, outcome: isUnavailable(error) ? "unavailable" : "failed" });
      noteFailed(kind, times, error);
    }
  };

  const isBusy = (id: string): boolean =>
    sending.has(id) || !hasCome(failed.get(id)?.notBefore ?? 0, { now: clock.now(), longest: LONGEST_DELAY });

  return {
    isBusy,
    post: (intent) => {
      if (options.isRevoked() || isBusy(intent.id)) return;
      sending.set(
        intent.id,
        send(intent).finally(() => sending.delete(intent.id)),
      );
    },
    idle: async () => {
      await Promise.all(sending.values());
    },
  };
};

/** Mined in a later phase than it was sent in: the confirmations before it were enough. */
const isTooLate = ({ code, contractError }: SenderError): boolean =>
  code === "TX_REVERTED" && contractError?.name.endsWith("WrongStatus") === true;
