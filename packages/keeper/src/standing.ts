import type { BlockRef } from "@keyquorum/chain";
import type { Point } from "@keyquorum/threshold";
import type { Address } from "@keyquorum/wire";
import type { ChainReader } from "./contracts/chainReader.ts";
import { requireOwnSlot } from "./identity.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import type { Readiness } from "./readiness.ts";

/** Where this keeper stands in the registry, as of the newest head. */
export type Standing = {
  /** Reads the registry once per head. Throws KeeperError KEEPER_FOREIGN_DATA: then this keeper must stop. */
  readonly refresh: (head: BlockRef) => Promise<void>;
  /** 0 while it has none. */
  readonly slot: () => number;
  /** The newest open epoch; 0 while there is none. */
  readonly epoch: () => number;
  /** As governance named it. */
  readonly name: () => string;
};

export const createStanding = (options: {
  readonly reader: ChainReader;
  readonly operator: Address;
  readonly identityKey: Point;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "slot" | "epoch">;
  readonly readiness: Readiness;
}): Standing => {
  const { reader, operator, identityKey, log, metrics, readiness } = options;
  let [slot, epoch, name, readAt] = [-1, 0, "", ""];

  const noteSlot = (found: number): void => {
    if (found === slot) return;
    slot = found;
    metrics.slot.set(slot);
    readiness.set("not_registered", slot === 0);
    if (slot === 0)
      log.warn("This keeper is not registered yet; it waits until governance admits its operator and identity key", { operator });
    else log.info("This keeper is registered", { slot, operator, name });
  };

  return {
    refresh: async (head) => {
      if (readAt === head.hash) return;
      const at = reader.at(head.hash);
      const [found, current] = await Promise.all([requireOwnSlot(at, operator, identityKey), at.currentEpoch()]);
      if (found !== slot && found !== 0) name = (await at.keeperAt(found))?.name ?? "";
      noteSlot(found);
      if (current !== epoch) log.info("Epoch is open", { epoch: current });
      epoch = current;
      metrics.epoch.set(epoch);
      readAt = head.hash;
    },
    slot: () => Math.max(0, slot),
    epoch: () => epoch,
    name: () => name,
  };
};
