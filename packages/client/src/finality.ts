import type { Finality } from "@keyquorum/chain";
import type { Provider } from "ethers";

/** Chains that run on one machine: nothing is ever reorganised away there unless somebody asks for it. */
const LOCAL_CHAINS: ReadonlySet<bigint> = new Set([1337n, 31337n]);

/** Whether a chain id is one that development nodes use. */
export const isLocalChain = (chainId: bigint): boolean => LOCAL_CHAINS.has(chainId);

/** The chain's own finality; on a local chain its newest block. */
export const defaultFinality = (chainId: bigint): Finality =>
  isLocalChain(chainId) ? { kind: "confirmations", blocks: 0 } : { kind: "finalized" };

/** The number of the newest final block; undefined while there is none. */
export const finalBlockOf = async (provider: Provider, finality: Finality): Promise<number | undefined> => {
  if (finality.kind === "finalized") return (await provider.getBlock("finalized"))?.number;
  const number = (await provider.getBlockNumber()) - finality.blocks;
  return number < 0 ? undefined : number;
};
