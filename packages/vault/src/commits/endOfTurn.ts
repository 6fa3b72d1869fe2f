import { setImmediate } from "node:timers";

const waiting: (() => void)[] = [];
const next = (): void => {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
};

/** Resolves when the event loop has seen what came in meanwhile; of those who wait, one in each turn: together they would be one long step. */
export const endOfTurn = (): Promise<void> =>
  new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(next);
  });

/** So much of what is written one after the other may be done in one turn: about 2 ms. */
const AT_ONCE = 16;

/**
 * Does something for each item, in order, and lets the event loop turn now and then: what SQLite does is done at once, so that a transaction of a thousand
 * statements would be one step otherwise, and everybody would wait for its end.
 */
export const forEachInTurns = async <Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> => {
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % AT_ONCE === 0) await endOfTurn();
    await work(item);
  }
};
