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

/** So many blocks are mined by one call: meanwhile the chain makes some by itself, and those count, too. */
const AT_ONCE = 40;

/** Mines all blocks up to this one, at once, and hardly any more. */
export const mineUpTo = async (chain: Pick<LocalChain, "send" | "provider">, block: number): Promise<void> => {
  for (;;) {
    const missing = block - (await chain.provider.getBlockNumber());
    if (missing <= 0) return;
    await chain.send("hardhat_mine", [`0x${Math.min(missing, AT_ONCE).toString(16)}`]);
  }
};
