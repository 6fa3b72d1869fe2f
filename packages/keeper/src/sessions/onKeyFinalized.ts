import type { Duty } from "../run/duty.ts";

/**
 * The joint key is known. Its session goes on to confirm when this is final and the share is durable (PROTOCOL section 3.6), by
 * `sessions/sessionLoop.ts`, which runs at every new head.
 */
export const onKeyFinalized: Duty<"KeyFinalized"> = async ({ args: { sid, keyId, qual, jointKeyAddress } }, { log }) => {
  log.info("Joint key known", { sid, keyId, qual, jointKeyAddress });
};
