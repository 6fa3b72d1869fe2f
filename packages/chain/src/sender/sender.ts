import { asError } from "../abort.ts";
import { type Clock, systemClock } from "../clock.ts";
import { asUnavailable, isUnavailable } from "../errors.ts";
import type { Finality } from "../finality.ts";
import type { Rpc } from "../rpc.ts";
import { SenderError } from "./errors.ts";
import { launch } from "./launch.ts";
import { type Ledger, loadLedger, newRecord, requireSameIntent } from "./ledger.ts";
import type { Preparing } from "./prepare.ts";
import { createQueue } from "./queue.ts";
import { receiptInfo } from "./receipts.ts";
import { revertedError } from "./reverted.ts";
import type { SenderAccount, SenderIntent, SenderRecord, SenderStore, TransactionReceiptInfo } from "./types.ts";
import { createWaiters } from "./waiters.ts";
import { type SenderProblem, type StillWanted, type WatchMemory, watchOnce } from "./watch.ts";

export type { StillWanted };

export type SenderOptions = {
  readonly rpc: Rpc;
  readonly chainId: bigint;
  readonly account: SenderAccount;
  readonly store: SenderStore;
  /** When a transaction needs no more watching. Default: "finalized". */
  readonly finality?: Finality | undefined;
  /** Milliseconds between looks at what is under way. Default 1000. */
  readonly pollMs?: number | undefined;
  /** Blocks without being mined after which a transaction is replaced by one that pays more. Default 4. */
  readonly bumpAfterBlocks?: number | undefined;
  /**
   * A transaction is watched until it is final and has so many blocks on top: where finality is set low (a local chain), a reorg can still take it.
   * Default 32.
   */
  readonly settledAfterBlocks?: number | undefined;
  /** The most to offer per gas, in wei. Default: no limit. */
  readonly maxFeePerGas?: bigint | undefined;
  readonly clock?: Clock | undefined;
  /**
   * Asked each time before a transaction that the node does not have is sent again, or is replaced by one that pays more: some may leave only after
   * a decision of that moment. "no": its nonce is used for nothing, and who waits for it is told TX_WITHDRAWN. Default: always "yes".
   */
  readonly isStillWanted?: ((record: SenderRecord) => Promise<StillWanted>) | undefined;
  /** Told about everything that delays a transaction. The sender continues by itself. */
  readonly onProblem?: ((problem: SenderProblem) => void) | undefined;
};

export type Sender = {
  /**
   * Sees to it that a transaction gets on chain and stays there, through restarts, reorgs and full blocks. Resolves once it is mined.
   * The same id again waits for, or answers with, the same transaction; after a failure it is tried again.
   * Throws `SenderError`, `ChainUnavailableError` (nothing was sent), or the signal's reason (it goes on in the background).
   */
  send(intent: SenderIntent, options?: { readonly signal?: AbortSignal }): Promise<TransactionReceiptInfo>;
  /** Goes on with what the store holds. `send` does so too. */
  start(): Promise<void>;
  /** What is not final yet, by ascending nonce. */
  unfinished(): Promise<readonly SenderRecord[]>;
  /** Stops. Those who wait are told SENDER_CLOSED; what was sent stays sent, and another sender on the same store continues with it. */
  close(): Promise<void>;
};

const MAX_BACKOFF_MS = 30_000;

/**
 * Sends an account's transactions, as the only one to do so: it gives out the nonces, in order. It simulates before it signs, saves before it sends,
 * sends again what was dropped or reorged away (the same nonce and data), and pays more for what waits. PROTOCOL section 3.8, D21.
 */
export const createSender = (options: SenderOptions): Sender => {
  const { rpc, chainId, account, store, maxFeePerGas: feeLimit, clock = systemClock, onProblem = () => {} } = options;
  const { finality = { kind: "finalized" }, pollMs = 1000, bumpAfterBlocks = 4, settledAfterBlocks = 32 } = options;
  const { isStillWanted = async () => "yes" as const } = options;
  const closing = new AbortController();
  const inOrder = createQueue();
  const waiters = createWaiters<TransactionReceiptInfo>();
  const memory: WatchMemory = { spentSince: new Map(), head: undefined };
  let opened: Promise<Open> | undefined;
  let pump: Promise<void> | undefined;

  const open = (): Promise<Open> => {
    const opening = async (): Promise<Open> => {
      const [ledger, address] = await Promise.all([loadLedger(store), account.getAddress()]);
      return {
        ledger,
        preparing: { rpc, chainId, account, address: address.toLowerCase(), feeLimit, options: { signal: closing.signal } },
      };
    };
    if (closing.signal.aborted) return Promise.reject(closed());
    opened ??= opening().catch((error: unknown) => {
      opened = undefined; // the next call tries again
      throw error;
    });
    return opened;
  };

  const settle = async ({ ledger, preparing }: Open, id: string): Promise<void> => {
    const record = ledger.get(id);
    if (record?.state === "dropped") waiters.reject(id, withdrawn(id));
    if (record === undefined || record.receipt === null) return;
    if (record.receipt.status === "success") waiters.resolve(id, receiptInfo(record, record.receipt));
    else waiters.reject(id, await revertedError(preparing, record, record.receipt));
  };

  /** One look at everything under way. A record whose nonce was taken by a foreign transaction is sent again, if it still makes sense. */
  const look = async (open: Open): Promise<void> => {
    const { ledger, preparing } = open;
    const watching = { ...preparing, ledger, finality, bumpAfterBlocks, settledAfterBlocks, isStillWanted, onProblem };
    for (const record of await watchOnce(watching, memory)) {
      onProblem({ id: record.id, kind: "DISPLACED" });
      const wanted = record.attempts.at(-1)?.cancels === true ? "no" : await isStillWanted(record);
      if (wanted === "later") continue;
      try {
        if (wanted === "no") throw withdrawn(record.id);
        await launch(ledger, preparing, { record, gasLimit: BigInt(record.gasLimit), onProblem });
      } catch (error) {
        if (!(error instanceof SenderError)) throw error;
        await ledger.put({ ...record, state: "dropped", attempts: [] });
        waiters.reject(record.id, error);
      }
    }
    for (const id of waiters.ids()) await settle(open, id);
  };

  const watch = async (open: Open): Promise<void> => {
    for (let failures = 0; !closing.signal.aborted && open.ledger.live().length > 0; ) {
      try {
        await inOrder(() => look(open));
        failures = 0;
      } catch (error) {
        if (closing.signal.aborted) return;
        if (!isUnavailable(error)) return waiters.rejectAll(asError(error)); // the store failed, or a bug: the next send starts again
        onProblem({ id: undefined, kind: "UNAVAILABLE", error });
        failures += 1;
      }
      await clock.sleep(Math.min(MAX_BACKOFF_MS, pollMs * 2 ** Math.min(failures, 10)), closing.signal);
    }
  };

  const startWatching = (open: Open): void => {
    pump ??= watch(open).finally(() => {
      pump = undefined;
      if (!closing.signal.aborted && open.ledger.live().length > 0 && waiters.ids().length > 0) startWatching(open); // came in while it ended
    });
  };

  return {
    send: async (intent, { signal } = {}) => {
      const opened = await open();
      const { ledger, preparing } = opened;
      try {
        await inOrder(async () => {
          const known = ledger.get(intent.id);
          if (known !== undefined) requireSameIntent(known, intent);
          if (known !== undefined && isUnderWay(known)) return;
          await launch(ledger, preparing, { record: known ?? newRecord(intent), gasLimit: intent.gasLimit, onProblem });
        });
      } catch (error) {
        throw asUnavailable(error);
      }
      const result = waiters.wait(intent.id, signal);
      result.catch(() => undefined); // it may be refused before this function returns it
      await settle(opened, intent.id);
      startWatching(opened);
      return result;
    },
    start: async () => startWatching(await open()),
    unfinished: async () => (await open()).ledger.live(),
    close: async () => {
      closing.abort(closed());
      waiters.rejectAll(closed());
      await pump;
      await inOrder(async () => {});
    },
  };
};

type Open = { readonly ledger: Ledger; readonly preparing: Preparing };

/** Whether sending it again would send it twice. */
const isUnderWay = ({ state, receipt }: SenderRecord): boolean => state === "pending" || receipt?.status === "success";

const withdrawn = (id: string): SenderError =>
  new SenderError("TX_WITHDRAWN", "The transaction is no longer needed, so it was not sent again.", { details: { id } });

const closed = (): SenderError =>
  new SenderError("SENDER_CLOSED", "The sender was closed. What it sent stays sent; start it again to continue.");
