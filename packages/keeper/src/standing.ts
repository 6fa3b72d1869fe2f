import type { BlockRef } from "@keyquorum/chain";
import type { Point } from "@keyquorum/threshold";
import type { Address } from "@keyquorum/wire";
import type { ChainReader } from "./contracts/chainReader.ts";
import { identityText, type KeeperIdentities } from "./identity.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { type OwnRecord, readOwnRecord } from "./ownSlot.ts";
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
  /** The identity key that the registry has for the next epochs; undefined while it has none. */
  readonly registeredIdentity: () => Point | undefined;
  /** The identity key by which readers of the newest epoch know this keeper, or else the registered one, or else its newest own. */
  readonly identity: () => Point;
  /** Epochs in use whose identity key of this keeper is lost: it cannot serve them, and waits for the next epoch. */
  readonly lostEpochs: () => readonly number[];
  /** Whether the registry names this keeper's account for the next epochs: after a change of operator it does so only when governance says it. */
  readonly isOperatorRegistered: () => boolean;
};

const NOTHING: OwnRecord = { slot: -1, record: undefined, epoch: 0, lostEpochs: [], frozen: [], frozenIdentity: undefined };

/** How long the identity keys of epochs are taken as they were read, in seconds of block time. */
const FROZEN_SECONDS = 60;

export const createStanding = (options: {
  readonly reader: ChainReader;
  readonly operator: Address;
  /** Accounts that this keeper had before. */
  readonly formerOperators: readonly Address[];
  readonly identities: KeeperIdentities;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "slot" | "epoch" | "lostEpochs">;
  readonly readiness: Readiness;
}): Standing => {
  const { reader, operator, identities, log, metrics, readiness } = options;
  const operators = [operator, ...options.formerOperators.toReversed()];
  let [seen, readAt, frozenAt] = [NOTHING, "", 0];

  const isOperatorRegistered = ({ record }: OwnRecord): boolean => record?.operator === operator;
  const isIdentityRegistered = ({ record }: OwnRecord): boolean => record !== undefined && identities.holds(record.identityKey);

  const noteSlot = ({ slot, record }: OwnRecord): void => {
    if (slot === seen.slot) return;
    metrics.slot.set(slot);
    readiness.set("not_registered", slot === 0);
    if (record?.removed === true)
      log.warn("This keeper was removed: it joins no later epoch, and its answers on chain count no more", { slot: record.slot, operator });
    else if (slot === 0)
      log.warn("This keeper is not registered yet; it waits until governance admits its operator and identity key", { operator });
    else log.info("This keeper is registered", { slot, operator, name: record?.name });
  };

  const noteKeys = (found: OwnRecord): void => {
    if (found.slot === 0) return;
    const isNews = found.slot !== seen.slot;
    const { slot } = found;
    if (!isOperatorRegistered(found) && (isNews || isOperatorRegistered(seen)))
      log.warn(
        "The registry names another operator for this slot: until governance runs `keepers set-operator`, this keeper cannot join the next epoch",
        { slot, operator, registered: found.record?.operator },
      );
    if (!isIdentityRegistered(found) && (isNews || isIdentityRegistered(seen)))
      log.warn(
        "The registry names an identity key that this keeper does not hold: it serves the epochs that froze its own. Restore the newest data, or have `keepers set-identity` run",
        { slot, registered: found.record === undefined ? "" : identityText(found.record.identityKey) },
      );
  };

  const noteLost = ({ lostEpochs, epoch }: OwnRecord): void => {
    metrics.lostEpochs.set(lostEpochs.length);
    readiness.set("identity_lost", lostEpochs.includes(epoch));
    if (lostEpochs.join() === seen.lostEpochs.join()) return;
    if (lostEpochs.length > 0)
      log.warn("These epochs have an identity key of this keeper that is lost: it cannot serve them, and waits for the next epoch", {
        epochs: lostEpochs,
      });
    else log.info("This keeper holds its identity key of every epoch in use", { epoch });
  };

  return {
    refresh: async (head) => {
      if (readAt === head.hash) return;
      const recent = Math.abs(head.timestamp - frozenAt) < FROZEN_SECONDS ? seen : undefined;
      const found = await readOwnRecord(reader.at(head.hash), { operators, identities, recent });
      if (found.frozen !== recent?.frozen) frozenAt = head.timestamp;
      noteSlot(found);
      noteKeys(found);
      noteLost(found);
      if (found.epoch !== seen.epoch) log.info("Epoch is open", { epoch: found.epoch });
      metrics.epoch.set(found.epoch);
      [seen, readAt] = [found, head.hash];
    },
    slot: () => Math.max(0, seen.slot),
    epoch: () => seen.epoch,
    name: () => seen.record?.name ?? "",
    registeredIdentity: () => seen.record?.identityKey,
    identity: () => seen.frozenIdentity ?? seen.record?.identityKey ?? (identities.all().at(-1) as Point), // true: there is at least one
    lostEpochs: () => seen.lostEpochs,
    isOperatorRegistered: () => isOperatorRegistered(seen),
  };
};
