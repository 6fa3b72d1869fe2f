import { blockByNumber, type Finality, type Heads, readHeads, requireFreshHead } from "@keyquorum/chain";
import { SecretScalar } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { bitmapOf, type Hash32, KeyquorumError, type RepairAsk, type RepairDomain, recoverSigner } from "@keyquorum/wire";
import type { CommitteeMember } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { Sign } from "../membership/identity.ts";
import type { PeerSender } from "../peers/peerLimits.ts";
import type { Core } from "../run/core.ts";
import { absentAtEither, hasSlot, isStolenAtEither, removedAtEither } from "../shares/absentKeepers.ts";
import type { Committees } from "../shares/committees.ts";
import type { KeyMaterial } from "../shares/keyMaterial.ts";
import type { KeyMaterials } from "../shares/keyMaterials.ts";
import { unlessDamaged } from "../shares/unlessDamaged.ts";
import { type Announcement, findAnnouncement } from "./announcement.ts";
import { identityAddressOf, partiesOf, type RepairParties } from "./helperSet.ts";

export type ReadRepairOptions = Pick<Core, "rpc" | "reader" | "contracts" | "identities" | "clock"> & {
  readonly vault: Pick<Vault, "logs" | "epochSecrets">;
  readonly committees: Committees;
  readonly materials: Pick<KeyMaterials, "load">;
  readonly finality: Finality;
  /** Seconds. */
  readonly maxHeadAge: number;
  /** The highest block that the follower stands at. */
  readonly minHeadNumber: () => number;
  /** Throws where a block that had counted as final is gone. */
  readonly checkFinality: (heads: Heads) => Promise<void>;
};

/** The keeper that lost its share, known by its signature. Public. */
export type RepairAsker = PeerSender & { readonly announced: Announcement; readonly members: readonly CommitteeMember[] };

/** A repair that this keeper helps with, every claim checked against the chain. `material.share` and `encryptionSecret` are secret. */
export type CheckedRepair = RepairParties & {
  readonly announced: Announcement;
  readonly threshold: number;
  readonly ownSlot: number;
  readonly sign: Sign;
  readonly material: KeyMaterial;
  /** The caller erases it. */
  readonly encryptionSecret: SecretScalar;
};

export const repairDomainOf = ({ chainId, addresses }: ServedContracts): RepairDomain => ({
  chainId,
  shareRepairs: addresses.shareRepairs,
});

/** A day of block time: an announcement that somebody finds later is worth nothing. */
const MAX_AGE_SECONDS = 86_400;

const refused = (reason: string, sentence: string): KeyquorumError =>
  new KeyquorumError("REPAIR_REFUSED", sentence, { details: { reason } });
const notFinal = (): KeyquorumError => new KeyquorumError("REPAIR_NOT_FINAL");

/**
 * Who asks: the signature must be of the identity key that the epoch of the announcement froze for the keeper that lost its share, never of the one that
 * the registry has now (attack 50). Anybody can read an id on chain, so the chain is asked for nothing before that, once the epoch's members are known.
 *
 * Throws REPAIR_NOT_FINAL, INVALID_SIGNATURE; ChainUnavailableError when the chain cannot be asked.
 * @param digestOf what the asker must have signed, by its slot
 */
export const readRepairAsker = async (
  options: ReadRepairOptions,
  ask: RepairAsk,
  digestOf: (slot: number) => Hash32,
): Promise<RepairAsker> => {
  const announced = await findAnnouncement(options, ask.repairId);
  if (announced === undefined) throw notFinal();
  const { epoch, slot, blockNumber } = announced;
  const members = options.committees.known(epoch) ?? (await options.committees.of(epoch, await finalHeads(options, blockNumber)));
  const lost = members.find((member) => member.slot === slot);
  const digest = digestOf(slot);
  if (lost !== undefined && recoverSigner(digest, ask.signature) === identityAddressOf(lost.identityKey))
    return { announced, members, identityKey: lost.identityKey, digest };
  throw new KeyquorumError(
    "INVALID_SIGNATURE",
    "The signature is not of the identity key that the epoch has for the keeper that lost its share.",
  );
};

/** The newest blocks, of which the announcement's is final. Throws REPAIR_NOT_FINAL, ChainUnavailableError. */
const finalHeads = async (options: ReadRepairOptions, announcedAt: number): Promise<Heads> => {
  const minHeadNumber = options.minHeadNumber(); // before the heads are read: the follower may get further meanwhile
  const heads = await readHeads(options.rpc, options.finality);
  await options.checkFinality(heads);
  requireFreshHead({ ...options, minHeadNumber }, heads.head);
  if (announcedAt > heads.final.number) throw notFinal();
  return heads;
};

/**
 * Checks that a question is one that this keeper helps with: announced by the epoch's operator, in the final chain, a day ago at most, for a key
 * that is active in that epoch, by a member that is not removed; to a set of helpers that this keeper is in. PROTOCOL section 3.10.
 *
 * Throws REPAIR_NOT_FINAL, REPAIR_REFUSED, SHARE_MISSING; ChainUnavailableError when the chain cannot be asked.
 */
export const readRepair = async (
  options: ReadRepairOptions,
  ask: RepairAsk,
  { announced, members }: RepairAsker,
): Promise<CheckedRepair> => {
  const { reader, identities, vault } = options;
  const { keyId, epoch } = announced;
  const heads = await finalHeads(options, announced.blockNumber);
  const facts = await reader.at(heads.final.hash).keyEpochOf(keyId, epoch);
  if (facts === undefined) throw refused("NOT_ACTIVE", "The key is not active in that epoch.");
  const { threshold } = facts;
  const parties = partiesOf(members, { lostSlot: announced.slot, helperSlots: ask.helpers, threshold });
  const own = parties?.helpers.find(({ identityKey }) => identities.holds(identityKey));
  const sign = own === undefined ? undefined : identities.signerOf(own.identityKey);
  if (parties === undefined || own === undefined || sign === undefined)
    throw refused(
      "BAD_HELPERS",
      "The helpers must be t+1 members of the epoch, this keeper among them and the one that lost its share not.",
    );
  await assertPresent(options, { ...parties, epoch, ownSlot: own.slot }, heads);
  await assertCurrent(options, announced, heads);

  const material = await options.materials.load(keyId, epoch, heads.final);
  if (material === undefined || material.slot !== own.slot)
    throw new KeyquorumError("SHARE_MISSING", undefined, { details: { keyId, epoch } });
  const secret = await unlessDamaged(vault.epochSecrets.load(epoch));
  if (secret === undefined)
    throw refused("NO_EPOCH_SECRET", "This keeper's encryption secret of that epoch is erased or lost: it cannot help.");
  const encryptionSecret = SecretScalar.fromBytes(secret);
  secret.fill(0);
  return { ...parties, announced, threshold, ownSlot: own.slot, sign, material, encryptionSecret };
};

/** No share goes to a removed keeper, and none helps; what a stolen account or identity key asks for is not done either (D56). */
const assertPresent = async (
  { reader }: ReadRepairOptions,
  { lost, helpers, epoch, ownSlot }: RepairParties & { readonly epoch: number; readonly ownSlot: number },
  heads: Heads,
): Promise<void> => {
  const [removed, absent, stolen] = await Promise.all([
    removedAtEither(reader, heads),
    absentAtEither(reader, { epoch, slots: bitmapOf([lost.slot]) }, heads),
    Promise.all([lost, ...helpers].map(({ identityKey }) => isStolenAtEither(reader, identityKey, heads))),
  ]);
  const [isLostStolen = false, ...areHelpersStolen] = stolen;
  if (hasSlot(removed, lost.slot)) throw refused("KEEPER_REMOVED", "The keeper that lost its share was removed.");
  if (absent !== 0n || isLostStolen)
    throw refused("KEEPER_REVOKED", "The account or identity key of the keeper that lost its share was revoked as stolen.");
  if (hasSlot(removed, ownSlot)) throw refused("HELPER_REMOVED", "This keeper was removed: it helps nobody to a share.");
  const isGone = helpers.some(({ slot }, index) => hasSlot(removed, slot) || areHelpersStolen[index] === true);
  if (isGone) throw refused("BAD_HELPERS", "A helper was removed, or its identity key was revoked as stolen: choose others.");
};

const assertCurrent = async (
  { rpc, reader }: ReadRepairOptions,
  { keyId, epoch, blockNumber, blockHash }: Announcement,
  { head, final }: Heads,
): Promise<void> => {
  const block = await blockByNumber(rpc, blockNumber);
  if (block?.hash !== blockHash) throw notFinal();
  if (final.timestamp - block.timestamp > MAX_AGE_SECONDS) throw refused("TOO_OLD", "The repair was announced more than a day ago.");
  const [atHead, atFinal] = await Promise.all([reader.at(head.hash).keyOf(keyId), reader.at(final.hash).keyOf(keyId)]);
  if (atHead?.activeEpoch !== epoch || atFinal?.activeEpoch !== epoch) throw refused("NOT_ACTIVE", "The key is not active in that epoch.");
};
