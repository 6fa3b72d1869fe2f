import { createFairQueue } from "@keyquorum/http";
import { type Address, KeyquorumError } from "@keyquorum/wire";

/** Work that waits for its turn. It never rejects. `isOver`: it ends without beginning, the queue was closed. */
export type Turn = (isOver: boolean) => Promise<void>;

/** Few runs at once, a bounded number that wait, callers in turns. A caller has no more waiting than there are places left: a few cannot fill it together. */
export type RunQueue = {
  /** Throws RATE_LIMITED with `retryAfterSeconds` where the caller, or all together, have no more room; nothing is added then. */
  readonly assertRoom: (caller: Address) => void;
  readonly add: (caller: Address, turn: Turn) => void;
  readonly waiting: () => number;
  readonly running: () => number;
  /** Begins nothing more, ends what waits, and resolves when what runs has ended. */
  readonly close: () => Promise<void>;
};

export type QueueLimits = { readonly concurrency: number; readonly queue: number; readonly perCaller: number };

/** Seconds after which a caller that met a full queue should come back. */
const RETRY_AFTER = 2;

export const createRunQueue = (limits: QueueLimits, onChange: () => void = () => undefined): RunQueue => {
  const queue = createFairQueue<Turn>(onChange);
  const runningOf = new Map<Address, number>();
  const under = new Set<Promise<void>>();
  let isClosed = false;

  const begin = (caller: Address, turn: Turn, isOver: boolean): void => {
    runningOf.set(caller, (runningOf.get(caller) ?? 0) + 1);
    const work = turn(isOver).finally(() => {
      under.delete(work);
      const left = (runningOf.get(caller) ?? 1) - 1;
      if (left === 0) runningOf.delete(caller);
      else runningOf.set(caller, left);
      onChange();
      pump();
    });
    under.add(work);
  };
  const pump = (): void => {
    while (!isClosed && under.size < limits.concurrency) {
      const caller = queue.first(() => true) as Address | undefined; // only addresses are added
      const turn = caller === undefined ? undefined : queue.take((other) => other === caller);
      if (caller === undefined || turn === undefined) return;
      begin(caller, turn, false);
    }
  };
  const full = (what: string): KeyquorumError => new KeyquorumError("RATE_LIMITED", what, { details: { retryAfterSeconds: RETRY_AFTER } });

  return {
    assertRoom: (caller) => {
      if (queue.lengthOf(caller) + (runningOf.get(caller) ?? 0) >= limits.perCaller)
        throw full("Too many runs of this account wait or are under way.");
      if (under.size < limits.concurrency) return;
      const left = limits.queue - queue.length();
      if (left <= 0 || queue.lengthOf(caller) > left) throw full("Too many runs wait."); // who has much waiting leaves the last places to others
    },
    add: (caller, turn) => {
      queue.add(caller, turn);
      pump();
    },
    waiting: queue.length,
    running: () => under.size,
    close: async () => {
      isClosed = true;
      for (const caller of queue.addresses() as readonly Address[])
        for (let turn = queue.takeLast(caller); turn !== undefined; turn = queue.takeLast(caller)) begin(caller, turn, true);
      while (under.size > 0) await Promise.allSettled([...under]);
    },
  };
};
