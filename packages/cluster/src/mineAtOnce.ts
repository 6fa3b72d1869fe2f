import type { LocalChain } from "./localChain.ts";

/** How often a transaction is looked for, in milliseconds. */
const PAUSE_MILLISECONDS = 25;

/** Runs `work`, and mines a block for every transaction that arrives meanwhile as soon as it is there, between those that the chain makes by itself. */
export const mineAtOnce = async <T>(chain: Pick<LocalChain, "send">, work: () => Promise<T>): Promise<T> => {
  let isOver = false;
  const mine = async (): Promise<void> => {
    while (!isOver) {
      if (BigInt(String(await chain.send("eth_getBlockTransactionCountByNumber", ["pending"]))) > 0n) await chain.send("evm_mine", []);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
    }
  };
  const mining = mine();
  mining.catch(() => undefined); // thrown below
  try {
    return await work();
  } finally {
    isOver = true;
    await mining;
  }
};

/** Mines all blocks up to this one, at once. */
export const mineUpTo = async (chain: Pick<LocalChain, "send" | "provider">, block: number): Promise<void> => {
  const missing = block - (await chain.provider.getBlockNumber());
  if (missing > 0) await chain.send("hardhat_mine", [`0x${missing.toString(16)}`]);
};
