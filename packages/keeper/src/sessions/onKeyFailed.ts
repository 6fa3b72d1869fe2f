import { FAILURE_REASONS, nameOfState } from "@keyquorum/bindings";
import { slotsOf } from "@keyquorum/wire";
import type { Duty } from "../run/duty.ts";

/** A session ended without a key. When that is final its pending shares are erased, by `sessions/sessionLoop.ts`. PROTOCOL section 3.7. */
export const onKeyFailed: Duty<"KeyFailed"> = async ({ args: { sid, keyId, reason, notDealt, disqualified, notReady } }, { log }) => {
  log.warn("Key generation failed", {
    sid,
    keyId,
    reason: nameOfState(FAILURE_REASONS, reason),
    notDealt: slotsOf(notDealt),
    disqualified: slotsOf(disqualified),
    notReady: slotsOf(notReady),
  });
};
