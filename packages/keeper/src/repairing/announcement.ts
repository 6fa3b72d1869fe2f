import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import { DOMAINS, keccakWords, type Point, pointFromXY } from "@keyquorum/threshold";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { bytesToHex, hexToBytes, type KeyId, parseKeyId, parseRepairId, type RepairId } from "@keyquorum/wire";
import type { ServedContracts } from "../contracts/deployment.ts";

/** A lost share, as its keeper announced it on chain. PROTOCOL section 3.10. Public. */
export type Announcement = {
  readonly repairId: RepairId;
  readonly keyId: KeyId;
  readonly epoch: number;
  /** m: whose share is lost. */
  readonly slot: number;
  /** X: contributions are encrypted to it. */
  readonly readerKey: Point;
  readonly blockNumber: number;
  readonly blockHash: string;
};

type Options = { readonly vault: Pick<Vault, "logs">; readonly contracts: ServedContracts };

/** The announcement with this id, among the mirrored logs; undefined where there is none. */
export const findAnnouncement = async (options: Options, repairId: RepairId): Promise<Announcement | undefined> =>
  (await find(options, { topic1: repairId }))[0];

/** All announcements of one keeper's share of a key in an epoch, oldest first. */
export const announcementsOf = async (
  options: Options,
  { keyId, epoch, slot }: Pick<Announcement, "keyId" | "epoch" | "slot">,
): Promise<readonly Announcement[]> =>
  (await find(options, { topic2: keyId, topic3: `0x${slot.toString(16).padStart(64, "0")}` })).filter((found) => found.epoch === epoch);

const find = async ({ vault, contracts }: Options, filter: Readonly<Record<string, string>>): Promise<readonly Announcement[]> => {
  const address = contracts.addresses.shareRepairs;
  const logs = await vault.logs.find({ address, topic0: eventTopic("RepairRequested"), ...filter });
  return logs.flatMap((log) => announcementIn(contracts, log) ?? []);
};

/**
 * The id is the hash of what is announced, and the asker signed it: a node that shows the event with another key in it, to be sent what helpers encrypt
 * to the keeper that lost its share, shows no announcement.
 */
const announcementIn = (contracts: ServedContracts, log: MirroredLog): Announcement | undefined => {
  const event = parseContractLogOf(contracts.deployment, log, "RepairRequested");
  if (event === undefined) return undefined;
  const { repairId, keyId, epoch, slot, number, key } = event.args;
  const readerKey = pointFromXY(key.x, key.y); // the contract takes valid points only
  const named = [hexToBytes(contracts.addresses.shareRepairs, 20), number, hexToBytes(keyId, 32), epoch, slot, readerKey] as const;
  if (bytesToHex(keccakWords(DOMAINS.repair, contracts.chainId, ...named)) !== parseRepairId(repairId)) return undefined;
  return {
    repairId: parseRepairId(repairId),
    keyId: parseKeyId(keyId),
    epoch: Number(epoch),
    slot: Number(slot),
    readerKey,
    blockNumber: log.blockNumber,
    blockHash: log.blockHash,
  };
};
