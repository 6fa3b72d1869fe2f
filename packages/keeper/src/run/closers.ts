import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";

/** Closes one thing that was opened. May be called once only. */
export type Close = () => void | Promise<void>;

/** What was opened, so that it can be closed again: each thing registers its closer at once, and all are closed in reverse order. */
export type Closers = {
  readonly add: (name: string, close: Close) => void;
  /** Closes everything, last opened first. A closer that fails is logged and the others still run. A second call waits for the first. */
  readonly closeAll: () => Promise<void>;
};

export const createClosers = (log: Logger): Closers => {
  const open: { readonly name: string; readonly close: Close }[] = [];
  let closing: Promise<void> | undefined;

  const closeEach = async (): Promise<void> => {
    for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
      try {
        await entry.close();
      } catch (error) {
        log.error("Something did not close cleanly", { name: entry.name, ...describeError(error) });
      }
    }
  };

  return {
    add: (name, close) => {
      open.push({ name, close });
    },
    closeAll: () => {
      closing ??= closeEach();
      return closing;
    },
  };
};
