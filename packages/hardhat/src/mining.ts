import type { ConnectedChain } from "./connectedChain.ts";

/** Between two blocks of a phase that passes by blocks alone. */
const HURRY_MILLISECONDS = 100;

export type Mining = {
  /** Whether nothing but blocks is waited for right now. */
  readonly isDue: () => Promise<boolean>;
  /** Between two blocks while keepers have something to do: they have a window's number of these for it. */
  readonly restMilliseconds: number;
  readonly pause?: (milliseconds: number) => Promise<unknown>;
  readonly now?: () => number;
};

/**
 * Mines while `work` runs, as fast as phases need that pass by blocks alone. Windows of the others are counted in blocks, too: while keepers work, a
 * block is mined now and then only, so that a keeper on a busy machine has time, and one that never acts is not waited for forever. A test's chain
 * mines by itself whenever something is sent. Fails when the chain cannot be mined or asked.
 */
export const withBlocks = async <T>(chain: Pick<ConnectedChain, "send">, mining: Mining, work: () => Promise<T>): Promise<T> => {
  const { isDue, restMilliseconds, pause = sleep, now = () => performance.now() } = mining;
  let isDone = false;
  let last = now();
  const mine = async (): Promise<never> => {
    while (!isDone) {
      if (now() - last >= restMilliseconds || (await isDue())) {
        await chain.send("evm_mine", []);
        last = now();
      }
      await pause(HURRY_MILLISECONDS);
    }
    return new Promise(() => {});
  };
  try {
    return await Promise.race([work(), mine()]);
  } finally {
    isDone = true;
  }
};

const sleep = (milliseconds: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, milliseconds));
