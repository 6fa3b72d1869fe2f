import type { Duty } from "./duty.ts";
import { workIdOf } from "./duty.ts";

/** An epoch was proposed: post an encryption key for it. PROTOCOL section 6.2; the work is `work/postEpochKey.ts`. */
export const onEpochProposed: Duty<"EpochProposed"> = async ({ args: { epoch } }, { tx, place, log }) => {
  const payload = { epoch: Number(epoch), ...place };
  if (await tx.work.add({ id: workIdOf("epochKey", epoch, place), kind: "epochKey", payload })) log.info("Epoch proposed", { epoch });
};
