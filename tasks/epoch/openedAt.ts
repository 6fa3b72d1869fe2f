import { eventTopic } from "@keyquorum/bindings";
import { searchEvents } from "@keyquorum/client/node";
import { toBeHex, zeroPadValue } from "ethers";
import type { TaskContext } from "../context.ts";
import { searchOptions } from "../scanProgress.ts";

/** When an epoch was opened, in seconds of block time; undefined while it is not. */
export const epochOpenedAt = async (context: TaskContext, epoch: number): Promise<number | undefined> => {
  const { block, contracts } = await context.deployment();
  const { provider } = await context.connection();
  const topics = [eventTopic("EpochOpened"), zeroPadValue(toBeHex(epoch), 32)];
  for await (const log of searchEvents(provider, { address: contracts.keeperRegistry, topics, fromBlock: block }, searchOptions(context)))
    return (await provider.getBlock(log.blockNumber))?.timestamp;
  return undefined;
};
