import { setTimeout as sleep } from "node:timers/promises";
import { command } from "./command.ts";
import type { TaskContext } from "./context.ts";
import { handOver } from "./epoch/handOver.ts";
import { readCurrent } from "./epoch/members.ts";
import { readNewestEpoch } from "./epoch/openEpoch.ts";
import { epochOpenedAt } from "./epoch/openedAt.ts";
import { describeFailure } from "./failure.ts";
import { parseReshareOptions, type ReshareArguments } from "./keepers/reshareArguments.ts";
import type { ResharedKeys } from "./key/reshareKeys.ts";
import { parseDuration } from "./parse.ts";
import { UsageError } from "./usageError.ts";

const HOUR_MS = 3_600_000;

/** Gives every key new shares at the same keepers, once or on a schedule. What leaked before is worth nothing afterwards. */
export default command<ReshareArguments & { readonly every: string | undefined }>(async (args, context) => {
  const options = parseReshareOptions(args);
  const once = (): Promise<ResharedKeys> => refresh(context, options);
  if (args.every === undefined) return once();
  const every = parseDuration("--every", args.every);
  for (;;) {
    await untilDue(context, every);
    try {
      await once();
    } catch (error) {
      if (context.signal.aborted) throw error;
      for (const line of describeFailure(error).lines) context.terminal.warn(line);
      context.terminal.warn("Trying again in an hour.");
      await sleep(HOUR_MS, undefined, { signal: context.signal });
    }
  }
});

const refresh = async (context: TaskContext, options: ReturnType<typeof parseReshareOptions>): Promise<ResharedKeys> => {
  const current = await readCurrent(context);
  if (current.epoch === 0) throw new UsageError("No epoch of keepers is open yet. Open one first: npx hardhat keyquorum epoch open");
  const removed = (await (await context.client({ signs: false })).epoch(current.epoch))?.removed ?? [];
  const members = current.members.filter((slot) => !removed.includes(slot));
  const isFresh = !(await isUnfinished(context, current.epoch));
  if (!isFresh) context.terminal.progress(`The hand-over to epoch ${current.epoch} was not finished; continuing with it`);
  return handOver(context, { ...options, members: isFresh ? members : current.members, isFresh });
};

/** Whether keys are still on their way to the epoch that is open, and none later is proposed. */
const isUnfinished = async (context: TaskContext, epoch: number): Promise<boolean> => {
  if ((await readNewestEpoch(context))?.status === "Proposed") return false;
  const client = await context.client({ signs: false });
  for (const keyId of await client.keys()) if (((await client.keyEpochs(keyId))[0]?.epoch ?? epoch) < epoch) return true;
  return false;
};

/** Waits until the open epoch is as old as that, by the chain; an unfinished hand-over is due at once. */
const untilDue = async (context: TaskContext, seconds: number): Promise<void> => {
  const { terminal, signal } = context;
  let said = false;
  for (;;) {
    const { epoch } = await readCurrent(context);
    const openedAt = epoch === 0 ? undefined : await epochOpenedAt(context, epoch);
    const now = (await (await context.connection()).provider.getBlock("latest"))?.timestamp ?? 0;
    const isProposed = (await readNewestEpoch(context))?.status === "Proposed";
    const left = openedAt === undefined ? 0 : openedAt + seconds - now;
    if (left <= 0 || isProposed || (await isUnfinished(context, epoch))) return;
    if (!said)
      terminal.progress(`Epoch ${epoch} needs no refresh yet; the next one is due at ${new Date((now + left) * 1000).toISOString()}`);
    said = true;
    await sleep(Math.min(left * 1000, HOUR_MS), undefined, { signal });
  }
};
