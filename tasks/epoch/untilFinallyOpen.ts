import { setTimeout as sleep } from "node:timers/promises";
import { finalBlockOf } from "@keyquorum/client";
import type { TaskContext } from "../context.ts";

const OPEN = 2n;
const POLL_MS = 4_000;

/**
 * Waits until the opening of an epoch is final: keepers deal into no other, so the windows of a reshare that is asked for earlier would run for
 * nothing. Says so while it waits. Throws NO_FINALIZED_BLOCK.
 */
export const untilFinallyOpen = async (context: TaskContext, epoch: number): Promise<void> => {
  const { keeperRegistry } = await context.contracts();
  const { provider } = await context.connection();
  const { block } = await context.deployment();
  const finality = await context.finality();
  const isOpen = async (): Promise<boolean> => {
    const blockTag = await finalBlockOf(provider, finality);
    return blockTag !== undefined && blockTag >= block && (await keeperRegistry.statusOf(epoch, { blockTag })) === OPEN;
  };
  for (let isSaid = false; !(await isOpen()); isSaid = true) {
    if (!isSaid)
      context.terminal.progress(`Waiting until the opening of epoch ${epoch} is final: before that, keepers deal no share into it`);
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
};
