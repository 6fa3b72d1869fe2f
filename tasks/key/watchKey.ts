import { setTimeout as sleep } from "node:timers/promises";
import type { KeyId } from "@keyquorum/wire";
import type { TaskContext } from "../context.ts";
import { describeLeft } from "./describeLeft.ts";
import { createIdleWatch } from "./idleChain.ts";
import { describePhase, type KeyStatus, readKeyStatus } from "./keyStatus.ts";

/** Follows a key's session until it is active or has failed, a line for each thing that happens. `onOverdue` is called once if it gets stuck. */
export const watchKey = async (context: TaskContext, keyId: KeyId, onOverdue?: (sid: string) => Promise<void>): Promise<KeyStatus> => {
  const { terminal, signal } = context;
  const { isLocal, provider } = await context.connection();
  const idle = createIdleWatch(isLocal);
  const pause = isLocal ? 200 : 4_000;
  let said = "";
  let overdue = 0;
  for (;;) {
    const state = await readKeyStatus(context, keyId);
    const line = describePhase(state);
    if (line !== said) terminal.progress(`${line}${describeLeft(state)}`);
    said = line;
    if (state.status === "Active" || state.status === "Failed") return state;
    const waiting = idle(await provider.getBlockNumber());
    if (waiting !== undefined) terminal.progress(waiting);
    overdue = state.status === "Overdue" ? overdue + 1 : 0;
    // Keepers record a failure by themselves; when none of them is there, the one who waits does.
    if (overdue === 10) await onOverdue?.(state.sid);
    await sleep(pause, undefined, { signal });
  }
};
