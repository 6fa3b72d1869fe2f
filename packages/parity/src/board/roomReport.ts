import type { ExtensionServices } from "@keyquorum/keeper";
import { shareUsed } from "./room.ts";

/** Shows how full this keeper is of server keys, which are never deleted, and says so in time. The result looks again. */
export const createRoomReport = ({ held, log, metrics }: Pick<ExtensionServices, "held" | "log" | "metrics">): (() => Promise<void>) => {
  const used = metrics.gauge({
    name: "store_used",
    help: "Share of what this keeper may store for server keys that is used up, 0 to 1: at 1 none is generated any more",
  });
  let said = 0;
  return async () => {
    const usage = await held();
    const share = shareUsed(usage);
    used.set(share);
    const step = share >= 1 ? 2 : share >= 0.5 ? 1 : 0;
    if (step > said)
      log.warn(
        step === 2
          ? "What this keeper may store for server keys is used up: none is generated any more"
          : "Half of what this keeper may store for server keys is used up",
        { ...usage },
      );
    said = step;
  };
};
