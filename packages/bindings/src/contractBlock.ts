import type { Provider } from "ethers";

/** Creation code that returns `block.number`: NUMBER PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN. */
export const BLOCK_NUMBER_CODE = "0x4360005260206000f3";

/**
 * How many blocks are left of a phase whose last block is `phaseEnd`, as the contracts count blocks; 0 when no block ends it. On some chains
 * (Arbitrum and its kin) contracts count other blocks than nodes do, so what a contract says of a block is compared with this count only (D65).
 * @param blockTag the block, as the node counts, at which `phaseEnd` was read
 * Throws what the provider throws.
 */
export const blocksLeftOf = async (
  provider: Pick<Provider, "call">,
  phaseEnd: number,
  { blockTag }: { readonly blockTag: number },
): Promise<number> => {
  if (phaseEnd === 0) return 0;
  const now = Number(await provider.call({ data: BLOCK_NUMBER_CODE, blockTag }));
  return Math.max(0, phaseEnd - now);
};
