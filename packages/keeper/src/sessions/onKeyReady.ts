import type { Duty } from "../run/duty.ts";

/** The key is active. When that is final its share is marked as the one in use, by `sessions/sessionLoop.ts`. PROTOCOL section 3.6. */
export const onKeyReady: Duty<"KeyReady"> = async ({ args: { sid, keyId, epoch, threshold } }, { log }) => {
  log.info("Key is active", { sid, keyId, epoch, threshold });
};
