import { slotsOf } from "@keyquorum/wire";
import type { Duty } from "../run/duty.ts";
import { workIdOf } from "../run/duty.ts";

/**
 * An epoch was proposed: note when this keeper saw it first, because its operator's delay counts from then (`sessions/consent.ts`), say who may be in
 * it, and post an encryption key for it where this keeper may be. PROTOCOL section 6.2; the work is `membership/postEpochKey.ts`.
 */
export const onEpochProposed: Duty<"EpochProposed"> = async ({ args: { epoch, opensAt, candidates } }, { tx, place, log }) => {
  await tx.epochProposals.see({ epoch: Number(epoch), candidates });
  const payload = { epoch: Number(epoch), ...place };
  const isNew = await tx.work.add({ id: workIdOf("epochKey", epoch, place), kind: "epochKey", payload });
  if (isNew) log.info("Epoch proposed", { epoch, opensAt, candidates: slotsOf(candidates) });
};
