import { type FollowerState, withAccepted, withBroken } from "@keyquorum/chain";
import type { FollowerCursor } from "@keyquorum/vault";
import type { Logger } from "../report/logger.ts";
import { acceptedFinality, forgetAccepted } from "./acceptedFinality.ts";
import type { FinalityGuard } from "./finalityGuard.ts";

/**
 * Writes into the vault what was seen of broken finality apart from the follower, and what the operator accepts of it. To be called between two steps
 * of the follower: both move the same state.
 */
export const createSettleFinality =
  (options: {
    readonly guard: FinalityGuard;
    readonly cursor: Pick<FollowerCursor<FollowerState>, "load" | "commit">;
    readonly dataDirectory: string;
    readonly log: Logger;
  }) =>
  async (): Promise<void> => {
    const { guard, cursor, dataDirectory, log } = options;
    if (guard.broken() === undefined) return;
    const state = await cursor.load();
    if (state === undefined) return;
    const unwritten = guard.unwritten();
    const noted = unwritten === undefined ? state : withBroken(state, unwritten);
    const accepted = await acceptedFinality(dataDirectory);
    const settled = (accepted === undefined ? undefined : withAccepted(noted, accepted)) ?? noted;
    if (settled !== state) await cursor.commit({ logs: [], state: settled });
    if (accepted === undefined || settled === noted) return;
    await forgetAccepted(dataDirectory);
    log.warn("The operator accepts a block in the place of one that had counted as final", {
      block: settled.broken?.final.number,
      accepted,
    });
  };
