import type { Hash32 } from "@keyquorum/wire";
import type { Clock } from "../time/clock.ts";
import type { TransactionListener } from "./transactionEvents.ts";

/** How long and how often a transaction is looked for whose answer was lost. */
export type Patience = {
  readonly clock: Clock;
  /** Milliseconds between two looks. */
  readonly pollMs: number;
  /** Milliseconds until they end: less than the caller waits, so that it hears of the hash. */
  readonly giveUpMs: number;
  /** Told the hash as soon as it is known: before anything is sent, where the key is in this process. */
  readonly onTransaction?: TransactionListener | undefined;
  /** Awaited before anything is sent, where the key is in this process: when it rejects, nothing is. */
  readonly beforeSend?: ((hash: Hash32) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
};
