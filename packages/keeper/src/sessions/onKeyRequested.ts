import { parseKeyId, parseSessionId } from "@keyquorum/wire";
import type { Duty } from "../run/duty.ts";
import { workIdOf } from "../run/duty.ts";

/** A key was asked for: take part in its generation until it is over. PROTOCOL section 3; the work is `sessions/sessionLoop.ts`. */
export const onKeyRequested: Duty<"KeyRequested"> = async ({ args: { keyId, sid, epoch, threshold } }, { tx, place, log }) => {
  const payload = { sid: parseSessionId(sid), keyId: parseKeyId(keyId), epoch: Number(epoch), ...place };
  const isNew = await tx.work.add({ id: workIdOf("session", sid, place), kind: "session", payload });
  if (isNew) log.info("Key requested", { keyId, sid, epoch, threshold });
};
