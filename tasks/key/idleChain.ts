/** So long may a chain be without a block before somebody who waits is told what for. */
const QUIET_MS = { local: 5_000, other: 120_000 } as const;

/**
 * Watches whether a chain makes blocks while somebody waits for some: the look takes the newest block's number and gives a line to say when there was
 * no new one for long, once for each such time. Development nodes make blocks only for transactions, and phases end by blocks.
 */
export const createIdleWatch = (
  isLocal: boolean,
  now: () => number = performance.now.bind(performance),
): ((blockNumber: number) => string | undefined) => {
  const quiet = isLocal ? QUIET_MS.local : QUIET_MS.other;
  let [newest, since, isTold] = [-1, now(), false];
  return (blockNumber) => {
    if (blockNumber > newest) {
      [newest, since, isTold] = [blockNumber, now(), false];
      return undefined;
    }
    if (isTold || now() - since < quiet) return undefined;
    isTold = true;
    const seconds = Math.round((now() - since) / 1_000);
    return `Waiting for new blocks: the newest, ${newest}, is ${seconds} s old here. A chain that makes blocks only for transactions needs some: send any, or let the node mine (evm_mine, or an interval).`;
  };
};
