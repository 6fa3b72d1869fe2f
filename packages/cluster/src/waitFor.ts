import type { LocalChain } from "./localChain.ts";

export type WaitLimit = {
  /** Whose blocks are counted. */
  readonly chain: Pick<LocalChain, "provider">;
  /** After so many blocks it is given up. Default: 400, 100 s at a block every 250 ms; a machine that is slow is given slower blocks. */
  readonly blocks?: number;
};

/** Notes what a question saw, for the message of a wait that fails. */
export type Saw = (what: unknown) => undefined;

export const DEFAULT_WAIT_BLOCKS = 400;
/** A chain without a new block for this long has stopped: nothing more is to be expected of it. */
const STANDSTILL_MILLISECONDS = 120_000;
/** How often the head is looked at: what a question is about changes with blocks. */
const LOOK_MILLISECONDS = 100;
/** Without a block it is asked again after this long, for what changes by itself: a keeper's answer, a file. */
const PAUSE_MILLISECONDS = 250;

/**
 * Asks at each block, and now and then between blocks, until the answer is neither false nor undefined, and returns it. Throws after `blocks` blocks, saying what was waited for and what the
 * question saw last. An error of the question is an answer too: it is thrown at once.
 */
export const waitFor = async <T>(what: string, ask: (saw: Saw) => Promise<T | false | undefined>, limit: WaitLimit): Promise<T> => {
  const { chain, blocks = DEFAULT_WAIT_BLOCKS } = limit;
  const started = Date.now();
  const first = await chain.provider.getBlockNumber();
  let seen: unknown = "nothing";
  let [head, headSince] = [first, started];
  const saw: Saw = (now) => {
    seen = now;
    return undefined;
  };
  for (;;) {
    const answer = await ask(saw);
    if (answer !== false && answer !== undefined) return answer;
    const asked = Date.now();
    let now: number;
    do {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
      now = await chain.provider.getBlockNumber();
    } while (now === head && Date.now() - asked < PAUSE_MILLISECONDS);
    if (now !== head) [head, headSince] = [now, Date.now()];
    const isStill = Date.now() - headSince > STANDSTILL_MILLISECONDS;
    if (isStill || head - first > blocks) throw new Error(describeTimeout({ what, blocks: head - first, started, seen, isStill }));
  }
};

const describeTimeout = (end: {
  readonly what: string;
  readonly blocks: number;
  readonly started: number;
  readonly seen: unknown;
  readonly isStill: boolean;
}): string => {
  const seconds = Math.round((Date.now() - end.started) / 1_000);
  const why = end.isStill ? ", the chain made no more," : "";
  return `Timed out after ${end.blocks} blocks (${seconds} s)${why} waiting until ${end.what}; last seen: ${describeSeen(end.seen)}.`;
};

const describeSeen = (seen: unknown): string => {
  if (seen instanceof Error) return `${seen.name}: ${seen.message}`;
  if (typeof seen === "string") return seen;
  return JSON.stringify(seen, (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value)) ?? "nothing";
};
