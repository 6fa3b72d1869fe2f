import { eventTopic } from "@keyquorum/bindings";
import { toBeHex, zeroPadValue } from "ethers";
import type { TaskContext } from "../context.ts";

/** When an epoch was opened, in seconds of block time; undefined while it is not. */
export const epochOpenedAt = async (context: TaskContext, epoch: number): Promise<number | undefined> => {
  const { block, contracts } = await context.deployment();
  const { provider } = await context.connection();
  const [log] = await provider.getLogs({
    address: contracts.keeperRegistry,
    topics: [eventTopic("EpochOpened"), zeroPadValue(toBeHex(epoch), 32)],
    fromBlock: block,
    toBlock: "latest",
  });
  return log === undefined ? undefined : (await provider.getBlock(log.blockNumber))?.timestamp;
};
