import type { TransactionEvent, TransactionListener } from "@keyquorum/client";
import type { Terminal } from "./terminal.ts";

/** Says on a terminal what happens to a command's transactions. */
export type TransactionTeller = {
  readonly onTransaction: TransactionListener;
  /** Hashes of those that were sent and of which nobody knows yet what became of them. */
  readonly unfinished: () => readonly string[];
  /** Says every two seconds that the newest one is waited for, while `work` runs: for what waits in its own way. */
  readonly whileWaiting: <T>(work: Promise<T>) => Promise<T>;
};

const TELL_MS = 2_000;

export const createTransactionTeller = (terminal: Pick<Terminal, "progress">, tellMs = TELL_MS): TransactionTeller => {
  const pending = new Set<string>();
  const onTransaction = (event: TransactionEvent): void => {
    if (event.kind === "signed") pending.add(event.hash);
    if (event.kind === "repriced" || event.kind === "mined") pending.delete(event.hash);
    const line = lineOf(event);
    if (line !== undefined) terminal.progress(line);
  };
  return {
    onTransaction,
    unfinished: () => [...pending],
    whileWaiting: async (work) => {
      const startedAt = performance.now();
      const timer = setInterval(() => {
        const seconds = Math.round((performance.now() - startedAt) / 1000);
        terminal.progress(`${[...pending].at(-1) ?? "The transaction"}: ${seconds} s, waiting until it is mined`);
      }, tellMs);
      try {
        const result = await work;
        pending.clear();
        return result;
      } finally {
        clearInterval(timer);
      }
    },
  };
};

const lineOf = (event: TransactionEvent): string | undefined => {
  switch (event.kind) {
    case "signed":
      return `Transaction ${event.hash} is on its way`;
    case "waiting": {
      const name = event.hash === undefined ? event.what : `${event.what} (${event.hash})`;
      return `${name}: ${Math.round(event.milliseconds / 1000)} s, waiting for ${event.waitsFor}`;
    }
    case "repriced":
      return `The account sent ${event.hash} again with another fee: ${event.by}`;
    default:
      return undefined; // said by the next line of the command
  }
};
