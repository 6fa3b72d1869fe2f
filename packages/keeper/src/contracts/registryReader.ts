import { type ContractViews, EPOCH_STATUSES, type EpochStatus, nameOfState, plain } from "@keyquorum/bindings";
import { type Point, toXY } from "@keyquorum/threshold";
import { type Address, parseAddress } from "@keyquorum/wire";
import { pointOf, pointThere } from "./storedPoint.ts";

/** A keeper as the registry has it. */
export type RegisteredKeeper = {
  readonly slot: number;
  readonly operator: Address;
  readonly removed: boolean;
  readonly identityKey: Point;
  readonly name: string;
  /** Base URL; empty where it has none. As its operator wrote it: a stranger's word. */
  readonly endpoint: string;
};

/** A member of an open epoch. */
export type CommitteeMember = {
  readonly slot: number;
  readonly operator: Address;
  readonly encryptionKey: Point;
  readonly identityKey: Point;
};

/** What KeeperRegistry says at one block. Every method throws ChainUnavailableError when the chain cannot be asked. */
export type RegistryAt = {
  /** 0: no keeper's operator. */
  readonly slotOf: (operator: Address) => Promise<number>;
  readonly keeperAt: (slot: number) => Promise<RegisteredKeeper | undefined>;
  readonly currentEpoch: () => Promise<number>;
  readonly epochStatusOf: (epoch: number) => Promise<EpochStatus>;
  readonly epochKeyOf: (epoch: number, slot: number) => Promise<Point | undefined>;
  readonly committeeOf: (epoch: number) => Promise<readonly CommitteeMember[]>;
  /** The newest epoch that was ever proposed; 0 while there is none. */
  readonly lastEpoch: () => Promise<number>;
  /** Bit `slot` is set for each keeper that may be in an epoch, or is in it. */
  readonly candidatesOf: (epoch: number) => Promise<bigint>;
  readonly membersOf: (epoch: number) => Promise<bigint>;
  readonly removedKeepers: () => Promise<bigint>;
  /** Which of `slots` take no part in an epoch any more: removed, or with an account there that was revoked as stolen. */
  readonly absentIn: (epoch: number, slots: bigint) => Promise<bigint>;
  /** Whether an account was revoked as stolen. */
  readonly isRevoked: (operator: Address) => Promise<boolean>;
  /** When an identity key was revoked as stolen, in seconds of block time; 0: it was not. */
  readonly identityRevokedAt: (identityKey: Point) => Promise<bigint>;
  /** When an epoch was proposed and when it may open, in seconds of block time; undefined when it never was. */
  readonly proposalOf: (epoch: number) => Promise<{ readonly proposedAt: bigint; readonly opensAt: bigint } | undefined>;
};

type KeeperRegistry = ContractViews["keeperRegistry"];

export const readRegistry = (keeperRegistry: KeeperRegistry): RegistryAt => ({
  slotOf: async (operator) => Number(await keeperRegistry.slotOf(operator)),
  keeperAt: async (slot) => {
    const found = plain(await keeperRegistry.keeperAt(slot));
    const identityKey = pointOf(found.identityKey);
    if (found.slot === 0n || identityKey === undefined) return undefined;
    return {
      slot: Number(found.slot),
      operator: parseAddress(found.operator),
      removed: found.removed,
      identityKey,
      name: found.name,
      endpoint: found.endpoint,
    };
  },
  currentEpoch: async () => Number(await keeperRegistry.currentEpoch()),
  epochStatusOf: async (epoch) => nameOfState(EPOCH_STATUSES, await keeperRegistry.statusOf(epoch)),
  epochKeyOf: async (epoch, slot) => pointOf(plain(await keeperRegistry.epochKeyOf(epoch, slot))),
  committeeOf: async (epoch) =>
    plain(await keeperRegistry.committeeOf(epoch)).map(({ slot, operator, encryptionKey, identityKey }) => ({
      slot: Number(slot),
      operator: parseAddress(operator),
      encryptionKey: pointThere(encryptionKey),
      identityKey: pointThere(identityKey),
    })),
  lastEpoch: async () => Number(await keeperRegistry.lastEpoch()),
  candidatesOf: (epoch) => keeperRegistry.candidatesOf(epoch),
  membersOf: (epoch) => keeperRegistry.membersOf(epoch),
  removedKeepers: () => keeperRegistry.removedKeepers(),
  absentIn: (epoch, slots) => keeperRegistry.absentIn(epoch, slots),
  isRevoked: (operator) => keeperRegistry.isRevoked(operator),
  identityRevokedAt: (identityKey) => keeperRegistry.identityRevokedAt(toXY(identityKey)),
  proposalOf: async (epoch) => {
    const [opensAt, delay] = await Promise.all([keeperRegistry.opensAt(epoch), keeperRegistry.minEpochDelay()]);
    return opensAt === 0n ? undefined : { proposedAt: opensAt - delay, opensAt };
  },
});
