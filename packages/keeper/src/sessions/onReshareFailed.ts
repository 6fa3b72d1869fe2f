import { nameOfState, RESHARE_FAILURES } from "@keyquorum/bindings";
import { slotsOf } from "@keyquorum/wire";
import type { Duty } from "../run/duty.ts";

/**
 * A reshare ended and nothing has changed. When that is final its pending shares are erased, by `sessions/sessionLoop.ts`. PROTOCOL section 3.9.
 */
export const onReshareFailed: Duty<"ReshareFailed"> = async (
  { args: { sid, keyId, reason, notDealt, disqualified, notReady } },
  { log },
) => {
  log.warn("Reshare failed; the key is active where it was", {
    sid,
    keyId,
    reason: nameOfState(RESHARE_FAILURES, reason),
    notDealt: slotsOf(notDealt),
    disqualified: slotsOf(disqualified),
    notReady: slotsOf(notReady),
  });
};
