import { setTimeout as sleep } from "node:timers/promises";
import type { TaskContext } from "../context.ts";

const OPEN = 2n;
const POLL_MS = 4_000;

/**
 * Waits until the opening of an epoch is final: keepers deal into no other, so the windows of a reshare that is asked for earlier would run for
 * nothing. On a local chain the newest block is final. Says so while it waits.
 */
export const untilFinallyOpen = async (context: TaskContext, epoch: number): Promise<void> => {
  const { keeperRegistry } = await context.contracts();
  const { isLocal } = await context.connection();
  const blockTag = isLocal ? "latest" : "finalized";
  for (let isSaid = false; (await keeperRegistry.statusOf(epoch, { blockTag })) !== OPEN; isSaid = true) {
    if (!isSaid)
      context.terminal.progress(`Waiting until the opening of epoch ${epoch} is final: before that, keepers deal no share into it`);
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
};
