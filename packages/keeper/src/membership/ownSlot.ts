import type { Point } from "@keyquorum/threshold";
import type { Address } from "@keyquorum/wire";
import type { ContractsAt, RegisteredKeeper } from "../contracts/chainReader.ts";
import { KeeperError } from "../run/errors.ts";
import { identityText, type KeeperIdentities } from "./identity.ts";

type FrozenIdentity = {
  readonly epoch: number;
  readonly identityKey: Point;
  /** As stolen. */
  readonly isRevoked: boolean;
};

/** What the chain says of this keeper at one block. */
export type OwnRecord = {
  /** 0: none, or removed. */
  readonly slot: number;
  readonly record: RegisteredKeeper | undefined;
  /** The newest open epoch; 0 while there is none. */
  readonly epoch: number;
  /** Epochs that have this keeper as a member, and keys or the newest members, but froze an identity key that it does not hold. Ascending. */
  readonly lostEpochs: readonly number[];
  /** Epochs in use whose identity key of this keeper was revoked as stolen: its receipts there count for nothing. Ascending. */
  readonly revokedEpochs: readonly number[];
  /** The identity keys that epochs in use froze for this keeper. */
  readonly frozen: readonly FrozenIdentity[];
  /** The newest open epoch's identity key of this keeper; undefined where it is not a member. */
  readonly frozenIdentity: Point | undefined;
};

type Reads = Pick<ContractsAt, "slotOf" | "keeperAt" | "currentEpoch" | "committeeOf" | "quorumIn" | "identityRevokedAt">;

/**
 * Finds this keeper in the registry, by its operator's account or one that it had before: the registry keeps an account with its slot forever.
 *
 * Throws KeeperError KEEPER_FOREIGN_DATA when no identity key of this data directory is the registered one, nor one that an epoch in use froze for
 * this slot: then this data directory is not that keeper's.
 */
export const readOwnRecord = async (
  at: Reads,
  {
    operators,
    identities,
    recent,
  }: {
    readonly operators: readonly Address[];
    readonly identities: KeeperIdentities;
    /** What was found a moment ago: asking all epochs again at every head would be much. */
    readonly recent?: Pick<OwnRecord, "slot" | "epoch" | "frozen"> | undefined;
  },
): Promise<OwnRecord> => {
  const likely = recent?.slot ?? 0; // asked for in the same question: a slot is hardly ever another one than a moment ago
  const [slots, epoch, likelyRecord] = await Promise.all([
    Promise.all(operators.map((operator) => at.slotOf(operator))),
    at.currentEpoch(),
    likely > 0 ? at.keeperAt(likely) : undefined,
  ]);
  const slot = slots.find((found) => found !== 0) ?? 0;
  const record = slot === likely ? likelyRecord : slot === 0 ? undefined : await at.keeperAt(slot);
  if (record === undefined) return { slot, record, epoch, lostEpochs: [], revokedEpochs: [], frozen: [], frozenIdentity: undefined };

  const isRecent = recent !== undefined && recent.epoch === epoch && recent.slot === (record.removed ? 0 : slot);
  const frozen = isRecent ? recent.frozen : await frozenIdentities(at, slot, epoch);
  const isOwn = identities.holds(record.identityKey) || frozen.some(({ identityKey }) => identities.holds(identityKey));
  if (!isOwn) throw foreignData(record, identities);
  return {
    slot: record.removed ? 0 : slot,
    record,
    epoch,
    frozen,
    lostEpochs: frozen.filter(({ identityKey }) => !identities.holds(identityKey)).map((lost) => lost.epoch),
    revokedEpochs: frozen.filter(({ isRevoked }) => isRevoked).map((revoked) => revoked.epoch),
    frozenIdentity: frozen.find((found) => found.epoch === epoch)?.identityKey,
  };
};

/** The identity keys that open epochs froze for a slot: of the newest epoch, and of older ones in which keys are still active. Ascending. */
const frozenIdentities = async (at: Reads, slot: number, current: number): Promise<readonly FrozenIdentity[]> => {
  const epochs = Array.from({ length: current }, (_, index) => index + 1);
  const found = await Promise.all(
    epochs.map(async (epoch) => {
      if (epoch !== current && (await at.quorumIn(epoch)) === 0) return [];
      const member = (await at.committeeOf(epoch)).find((candidate) => candidate.slot === slot);
      if (member === undefined) return [];
      const { identityKey } = member;
      return [{ epoch, identityKey, isRevoked: (await at.identityRevokedAt(identityKey)) !== 0n }];
    }),
  );
  return found.flat();
};

const foreignData = ({ slot, operator, identityKey }: RegisteredKeeper, identities: KeeperIdentities): KeeperError =>
  new KeeperError(
    "KEEPER_FOREIGN_DATA",
    `The registry knows the keeper at slot ${slot} by another identity key than this data directory holds, and no epoch in use has one of its keys. Mount or restore that keeper's own data. If that is lost permanently, governance registers this identity key: npx hardhat keyquorum keepers set-identity ${slot} <identityKey>`,
    { slot, operator, registered: identityText(identityKey), found: identities.all().map(identityText) },
  );
