import type { LocalChain } from "@keyquorum/cluster";
import { toQuantity } from "ethers";

/** Blocks come every quarter of a second or slower: one falls between a look and the call now and then, not ten times in a row. */
const ATTEMPTS = 20;

/**
 * Replaces the blocks from `first` on by empty ones. A block that is mined between the look at the head and the reorg, whose depth is counted from the
 * head, would leave the oldest in place: then again. Asked of the node, not of the provider, which remembers its head for a while.
 */
export const replaceBlocksFrom = async ({ send }: Pick<LocalChain, "send">, first: number): Promise<void> => {
  const hash = async (): Promise<string> =>
    ((await send("eth_getBlockByNumber", [toQuantity(first), false])) as { readonly hash: string } | null)?.hash ?? "";
  const before = await hash();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const head = Number(await send("eth_blockNumber", []));
    await send("anvil_reorg", [head - first + 1, []]);
    if ((await hash()) !== before) return;
  }
  throw new Error(`block ${first} was not replaced in ${ATTEMPTS} attempts`);
};
