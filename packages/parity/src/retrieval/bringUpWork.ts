import { DONE, WAIT, type Work } from "@keyquorum/keeper";
import { hexToBytes } from "@keyquorum/wire";
import type { CoordinatorOptions } from "./coordinator.ts";
import { type BringUp, bringUp } from "./storing.ts";

/** A member that is away is asked again so often. */
const AGAIN_MILLISECONDS = 30_000;
const MOST_REMEMBERED = 10_000;

/** Shows pair and certificate to the members that lack them, until every one that is not removed has confirmed. */
export const bringUpWork = (options: CoordinatorOptions): Pick<Work, "handler"> => {
  const askedAt = new Map<string, number>();
  return {
    handler: async (payload) => {
      const { serverKeyId } = payload as BringUp; // true: `addBringUp` wrote it
      const { clock } = options.services;
      const since = clock.now() - (askedAt.get(serverKeyId) ?? Number.NEGATIVE_INFINITY);
      if (since >= 0 && since < AGAIN_MILLISECONDS) return WAIT;
      if (askedAt.size >= MOST_REMEMBERED) askedAt.clear();
      askedAt.set(serverKeyId, clock.now());
      const lacking = await bringUp(options, hexToBytes(serverKeyId, 32));
      if (lacking !== undefined && lacking.length > 0) return WAIT;
      askedAt.delete(serverKeyId);
      return DONE;
    },
  };
};
