import { parseKeyId, parseSessionId } from "@keyquorum/wire";
import type { Duty } from "../run/duty.ts";
import { workIdOf } from "../run/duty.ts";

/** A key is to move to a later epoch: take part until the session is over. PROTOCOL section 3.9; the work is `sessions/sessionLoop.ts`. */
export const onReshareRequested: Duty<"ReshareRequested"> = async (
  { args: { keyId, sid, epoch, fromEpoch, threshold } },
  { tx, place, log },
) => {
  const payload = { sid: parseSessionId(sid), keyId: parseKeyId(keyId), fromEpoch: Number(fromEpoch), epoch: Number(epoch), ...place };
  const isNew = await tx.work.add({ id: workIdOf("reshare", sid, place), kind: "reshare", payload });
  if (isNew) log.info("Reshare requested", { keyId, sid, fromEpoch, epoch, threshold });
};
