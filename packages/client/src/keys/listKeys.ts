import { eventTopic } from "@keyquorum/bindings";
import { type KeyId, parseKeyId } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Chain } from "../chain/chain.ts";
import { scanLogs } from "../chain/logs.ts";
import type { CallOptions } from "../options.ts";

/** Returns the ids of all keys that ever became active, as the head has it, the oldest first. Throws CHAIN_UNAVAILABLE. */
export const keys = action("keys", async (client: Chain, { signal }: CallOptions = {}): Promise<readonly KeyId[]> => {
  const { calls, provider, deployment } = client;
  const toBlock = await calls.read("Reading the block number", () => provider.getBlockNumber(), signal);
  const query = { address: deployment.contracts.keyGeneration, topics: [eventTopic("KeyReady")], fromBlock: deployment.block, toBlock };
  const found = new Set<KeyId>();
  for await (const log of scanLogs({ ...client, signal }, query)) found.add(parseKeyId(log.topics[1]));
  return [...found].reverse();
});
