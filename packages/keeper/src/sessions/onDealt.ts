import type { Duty } from "../run/duty.ts";

/**
 * A keeper dealt. Its session is due anew: every dealing is checked inside the window (PROTOCOL section 3.4), by `sessions/sessionLoop.ts`, which
 * runs at every new head and finds the dealing among the mirrored logs.
 */
export const onDealt: Duty<"Dealt"> = async ({ args: { sid, dealer } }, { log }) => {
  log.info("Dealing seen", { sid, dealer });
};
