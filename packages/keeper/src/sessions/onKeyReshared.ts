import { slotsOf } from "@keyquorum/wire";
import type { Duty } from "../run/duty.ts";

/**
 * The key is active in a later epoch. When that is final its new share is marked as the one in use, by `sessions/sessionLoop.ts`; the old one goes when
 * no request can need it any more, by `shares/eraseRetired.ts`. PROTOCOL section 3.9.
 */
export const onKeyReshared: Duty<"KeyReshared"> = async ({ args: { keyId, sid, epoch, fromEpoch, threshold, qual } }, { log }) => {
  log.info("Key is active in a later epoch", { keyId, sid, fromEpoch, epoch, threshold, qual: slotsOf(qual) });
};
