import type { BlockRef } from "@keyquorum/chain";
import type { Point } from "@keyquorum/threshold";
import type { Address } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Readiness } from "../report/readiness.ts";
import { identityText, type KeeperIdentities } from "./identity.ts";
import { type OwnRecord, readOwnRecord } from "./ownSlot.ts";

/**
 * Where this keeper stands in the registry, as of a head of the last ten seconds, or the newest one where its mirror changed. No answer to a
 * reader is decided by it. What may be ten seconds late is: whether transactions are held back after a revocation (contracts refuse them anyway), by which
 * slot this keeper answers on chain and erases identity keys (a slot never changes once given), and when shares are checked again.
 */
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
  /** Epochs in use whose identity key of this keeper was revoked as stolen: its receipts of these count for nothing. */
  readonly revokedEpochs: () => readonly number[];
  /** Whether this keeper's account was revoked as stolen. It sends nothing then: contracts refuse it, and every try would cost gas. */
  readonly isOperatorRevoked: () => boolean;
  /** Whether the registry names this keeper's account for the next epochs: after a change of operator it does so only when governance says it. */
  readonly isOperatorRegistered: () => boolean;
};

const NOTHING: OwnRecord = {
  slot: -1,
  record: undefined,
  epoch: 0,
  lostEpochs: [],
  revokedEpochs: [],
  frozen: [],
  frozenIdentity: undefined,
};

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
  let [seen, readAt, frozenAt, isRevoked] = [NOTHING, "", 0, false];

  const isOperatorRegistered = ({ record }: OwnRecord): boolean => record?.operator === operator;
  const isIdentityRegistered = ({ record }: OwnRecord): boolean => record !== undefined && identities.holds(record.identityKey);

  const noteSlot = ({ slot, record }: OwnRecord): void => {
    if (slot === seen.slot) return;
    metrics.slot.set(slot);
    readiness.set("not_registered", slot === 0);
    if (record?.removed === true)
      log.warn("This keeper was removed: it joins no later epoch, and its answers on chain no longer count", {
        slot: record.slot,
        operator,
      });
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

  const noteRevoked = (found: OwnRecord, isRevokedNow: boolean): void => {
    readiness.set("operator_revoked", isRevokedNow);
    readiness.set("identity_revoked", found.revokedEpochs.includes(found.epoch));
    if (isRevokedNow && !isRevoked)
      log.error(
        "This keeper's account was revoked as stolen: it sends no transaction any more, answers readers by HTTP, and is absent from the epochs that have this account. Give it another account: keyquorum-keeper operator replace",
        { slot: found.slot, operator },
      );
    if (!isRevokedNow && isRevoked)
      log.info("This keeper's account is not revoked in the chain as it is now; it sends again", { operator });
    if (found.revokedEpochs.length > 0 && found.revokedEpochs.join() !== seen.revokedEpochs.join())
      log.error(
        "An identity key of this keeper was revoked as stolen: receipts that it signs in these epochs count for nothing. It joins the next epoch with another one: keyquorum-keeper identity new",
        { slot: found.slot, epochs: found.revokedEpochs },
      );
  };

  return {
    refresh: async (head) => {
      if (readAt === head.hash) return;
      const recent = Math.abs(head.timestamp - frozenAt) < FROZEN_SECONDS ? seen : undefined;
      const at = reader.at(head.hash);
      const [found, isRevokedNow] = await Promise.all([readOwnRecord(at, { operators, identities, recent }), at.isRevoked(operator)]);
      if (found.frozen !== recent?.frozen) frozenAt = head.timestamp;
      noteSlot(found);
      noteKeys(found);
      noteLost(found);
      noteRevoked(found, isRevokedNow);
      if (found.epoch !== seen.epoch) log.info("Epoch is open", { epoch: found.epoch });
      metrics.epoch.set(found.epoch);
      [seen, readAt, isRevoked] = [found, head.hash, isRevokedNow];
    },
    slot: () => Math.max(0, seen.slot),
    epoch: () => seen.epoch,
    name: () => seen.record?.name ?? "",
    registeredIdentity: () => seen.record?.identityKey,
    identity: () => seen.frozenIdentity ?? seen.record?.identityKey ?? (identities.all().at(-1) as Point), // true: there is at least one
    lostEpochs: () => seen.lostEpochs,
    revokedEpochs: () => seen.revokedEpochs,
    isOperatorRevoked: () => isRevoked,
    isOperatorRegistered: () => isOperatorRegistered(seen),
  };
};
