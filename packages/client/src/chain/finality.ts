import type { Deployment } from "@keyquorum/bindings";
import { type Finality, isLocalChain } from "@keyquorum/chain";
import { KeyquorumError } from "@keyquorum/wire";
import type { Provider } from "ethers";

/** What the deployment says; else the chain's own finality, and on a local chain its newest block. */
export const defaultFinality = ({ chainId, finality }: Pick<Deployment, "chainId" | "finality">): Finality =>
  finality ?? (isLocalChain(chainId) ? { kind: "confirmations", blocks: 0 } : { kind: "finalized" });

/**
 * The number of the newest final block; undefined while there are fewer blocks than confirmations. Throws NO_FINALIZED_BLOCK where the finalized one
 * is asked for and the node knows none; what the provider throws.
 */
export const finalBlockOf = async (provider: Provider, finality: Finality): Promise<number | undefined> => {
  if (finality.kind === "finalized") return finalizedBlock(provider);
  const number = (await provider.getBlockNumber()) - finality.blocks;
  return number < 0 ? undefined : number;
};

/**
 * A node without finality answers null, or an error by any number (-39001, -32602, -32000). An error counts as that when it comes twice and the node
 * still says its newest block: a node that fails, or that limits its callers, has not answered.
 */
const finalizedBlock = async (provider: Provider): Promise<number> => {
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
  return found.number;
};

const isNodesWord = async (error: unknown): Promise<boolean> =>
  (await import("./chainFailure.ts").catch(() => undefined))?.isNodesWord(error) ?? false;
