import type { DealingVerdicts } from "@keyquorum/protocol";
import type { SessionTaskDone } from "../bulk/bulkTasks.ts";

/** What is to be done by a computation elsewhere. What it found out about dealings on the way is remembered in `verdicts`, here. */
export const effectsOf = async <Effect>(done: Promise<SessionTaskDone<Effect>>, verdicts: DealingVerdicts): Promise<readonly Effect[]> => {
  const { effects, verdicts: found } = await done;
  for (const [name, verdict] of found) verdicts.set(name, verdict);
  return effects;
};
