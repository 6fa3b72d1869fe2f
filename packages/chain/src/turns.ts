const waiting: (() => void)[] = [];
const next = (): void => {
  waiting.shift()?.();
  if (waiting.length > 0) globalThis.setImmediate(next);
};

/**
 * Resolves in a later turn of the event loop; of those who wait, one in each turn, in order: who goes on with what many waited for together is no one long
 * step. At once where there are only timers for it, as in browsers: they are slow.
 */
export const nextTurn = async (): Promise<void> => {
  if (typeof globalThis.setImmediate !== "function") return;
  await new Promise<void>((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) globalThis.setImmediate(next);
  });
};
