import type { Duty } from "../run/duty.ts";

/**
 * An old member dealt. New members check each dealing inside the window (PROTOCOL section 3.9), by `sessions/sessionLoop.ts`, which runs at every new
 * head and finds the dealing among the mirrored logs.
 */
export const onReshareDealt: Duty<"ReshareDealt"> = async ({ args: { sid, dealer } }, { log }) => {
  log.info("Dealing of a reshare seen", { sid, dealer });
};
