import { eventTopic } from "@keyquorum/bindings";
import { type KeyId, parseKeyId } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { scanLogs } from "../chain/logs.ts";

/** Every key that ever became active, as the head has it, the oldest first. Throws CHAIN_UNAVAILABLE. */
export const listKeys = async (chain: Chain, signal?: AbortSignal): Promise<readonly KeyId[]> => {
  const { calls, provider, deployment } = chain;
  const toBlock = await calls.read("Reading the block number", () => provider.getBlockNumber(), signal);
  const query = { address: deployment.contracts.keyGeneration, topics: [eventTopic("KeyReady")], fromBlock: deployment.block, toBlock };
  const found = new Set<KeyId>();
  for await (const log of scanLogs({ ...chain, signal }, query)) found.add(parseKeyId(log.topics[1]));
  return [...found].reverse();
};
