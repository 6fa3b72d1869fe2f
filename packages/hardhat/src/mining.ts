import type { ConnectedChain } from "./connectedChain.ts";

const BLOCK_MILLISECONDS = 100;

/**
 * Mines a block every 100 ms while `work` runs. Phases of key generation are counted in blocks, and a test's chain mines only when something is
 * sent.
 */
export const withBlocks = async <T>(chain: Pick<ConnectedChain, "send">, work: () => Promise<T>): Promise<T> => {
  let isDone = false;
  const mining = (async () => {
    while (!isDone) {
      await chain.send("evm_mine", []);
      await new Promise((resolve) => setTimeout(resolve, BLOCK_MILLISECONDS));
    }
  })();
  try {
    return await work();
  } finally {
    isDone = true;
    await mining;
  }
};
