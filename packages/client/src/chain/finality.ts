import type { Deployment } from "@keyquorum/bindings";
import type { Finality } from "@keyquorum/chain";
import { isLocalChain } from "@keyquorum/chain/localChain";
import { KeyquorumError } from "@keyquorum/wire";
import type { Block, BlockTag, Provider } from "ethers";
import type { Chain } from "./chain.ts";

/** What the deployment says; else the chain's own finality, and on a local chain its newest block. */
export const defaultFinality = ({ chainId, finality }: Pick<Deployment, "chainId" | "finality">): Finality =>
  finality ?? (isLocalChain(chainId) ? { kind: "confirmations", blocks: 0 } : { kind: "finalized" });

/**
 * The number of the newest final block; undefined while there are fewer blocks than confirmations. Throws NO_FINALIZED_BLOCK where the finalized one
 * is asked for and the node knows none; what the provider throws.
 */
export const finalBlockOf = async (provider: Provider, finality: Finality): Promise<number | undefined> => {
  if (finality.kind === "finalized") return (await finalizedBlock(provider)).number;
  const number = (await provider.getBlockNumber()) - finality.blocks;
  return number < 0 ? undefined : number;
};

/** The newest final block as a call of the node names it; undefined while there is none. Only confirmations need a look before. Throws CHAIN_UNAVAILABLE. */
export const finalTagOf = async ({ finality, calls, provider }: Chain, signal?: AbortSignal): Promise<BlockTag | undefined> => {
  if (finality.kind === "finalized") return "finalized";
  if (finality.blocks === 0) return "latest";
  return calls.read("Reading the newest final block", () => finalBlockOf(provider, finality), signal);
};

/**
 * A node without finality answers null, or an error by any number (-39001, -32602, -32000). An error counts as that when it comes twice and the node
 * still says its newest block: a node that fails, or that limits its callers, has not answered.
 */
export const finalizedBlock = async (provider: Provider): Promise<Block> => {
  const look = () => provider.getBlock("finalized");
  const found = await look().catch(async (first: unknown) => {
    if (!(await isNodesWord(first))) throw first;
    return look().catch(async (cause: unknown) => {
      if (!(await isNodesWord(cause))) throw cause;
      await provider.getBlockNumber();
      throw new KeyquorumError("NO_FINALIZED_BLOCK", undefined, { cause });
    });
  });
  if (found === null) throw new KeyquorumError("NO_FINALIZED_BLOCK");
  return found;
};

const isNodesWord = async (error: unknown): Promise<boolean> =>
  (await import("./chainFailure.ts").catch(() => undefined))?.isNodesWord(error) ?? false;
