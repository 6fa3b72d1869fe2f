import type { BlockId } from "@keyquorum/chain";
import { encodePoint, merklePath, type Point, SecretScalar, verifyingLeaf } from "@keyquorum/threshold";
import type { KeyShareInfo, KeyShareRecord, Vault } from "@keyquorum/vault";
import { bytesToHex, type Hash32, hexToBytes, type KeyId, parseHash32 } from "@keyquorum/wire";
import type { ChainReader, KeyEpochFacts } from "../contracts/chainReader.ts";
import { damagedShare } from "./damagedShare.ts";
import { type MirroredPublicOptions, readMirroredPublic } from "./mirroredPublic.ts";
import { isDamaged } from "./unlessDamaged.ts";

/** What this keeper needs to answer for a key in one epoch. `share` is secret and lives in memory until it is forgotten, or the keeper stops. */
export type KeyMaterial = {
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly slot: number;
  readonly share: SecretScalar;
  readonly verifyingShare: Point;
  /** From the verifying share to the key's verifying root. */
  readonly path: readonly Hash32[];
  /** The identity key that the epoch froze for this keeper: it signs the receipts. */
  readonly identityKey: Point;
  /** All slots of the epoch, ascending. */
  readonly slots: readonly number[];
};

/** Key material as it was opened. */
export type OpenedMaterial = KeyMaterial & {
  /** The root that the share belongs to: another fork of the chain may know another. */
  readonly verifyingRoot: Hash32;
  /** Marked as in use, so the chain's facts about it are final. */
  readonly isInUse: boolean;
};

export type OpeningOptions = MirroredPublicOptions & {
  readonly vault: Pick<Vault, "keyShares" | "logs">;
  readonly reader: ChainReader;
};

/** Opens the share that belongs to what the chain says, of those that the vault has of a key in an epoch; undefined when none does. */
export const openMaterial = async (
  options: OpeningOptions,
  infos: readonly KeyShareInfo[],
  onChain: KeyEpochFacts,
  block: BlockId,
): Promise<OpenedMaterial | undefined> => {
  const [first] = infos;
  if (first === undefined) return undefined;
  const { keyId, epoch } = first;
  const { commitmentsHash, verifyingRoot } = onChain;
  const at = options.reader.at(block.hash);
  const [key, members] = await Promise.all([at.keyOf(keyId), at.committeeOf(epoch)]);
  if (key === undefined) return undefined;
  const publicKey = await readMirroredPublic(
    options,
    { keyId, epoch, threshold: onChain.threshold, members, jointKey: key.publicKey },
    onChain,
    block,
  );
  const info = infos.find((share) => share.commitmentsHash === commitmentsHash && share.verifyingRoot === verifyingRoot);
  if (info === undefined) return undefined; // of another fork, or of a session that failed
  const identityKey = members.find(({ slot }) => slot === info.slot)?.identityKey;
  return openShare(options, info, { verifyingShares: publicKey.verifyingShares, identityKey });
};

const openShare = async (
  options: OpeningOptions,
  info: KeyShareInfo,
  { verifyingShares, identityKey }: { readonly verifyingShares: ReadonlyMap<number, Point>; readonly identityKey: Point | undefined },
): Promise<OpenedMaterial | undefined> => {
  const { keyId, epoch, slot, state, verifyingRoot } = info;
  const verifyingShare = verifyingShares.get(slot);
  if (verifyingShare === undefined || identityKey === undefined) {
    await options.vault.keyShares.distrust(info);
    throw damagedShare(info);
  }
  const record = await openRecord(options, info, verifyingShare);
  if (record === undefined) return undefined;
  const share = SecretScalar.fromBytes(record.share);
  record.share.fill(0);
  const slots = [...verifyingShares.keys()];
  const id = hexToBytes(keyId, 32);
  const leaves = [...verifyingShares].map(([member, point]) => verifyingLeaf({ keyId: id, epoch, slot: member, verifyingShare: point }));
  const path = merklePath(leaves, slots.indexOf(slot)).map((node) => parseHash32(bytesToHex(node)));
  return { keyId, epoch, slot, share, verifyingShare, path, identityKey, slots, verifyingRoot, isInUse: state === "active" };
};

/** The record of a share as the vault has it. One that is damaged, or not this keeper's share in the final chain, is missing from then on, and repaired. */
export const openRecord = ({ vault }: OpeningOptions, info: KeyShareInfo, verifyingShare: Point): Promise<KeyShareRecord | undefined> => {
  const { keyId, epoch, digest } = info;
  return vault.keyShares.load({ keyId, epoch, digest }, { verifyingShare: encodePoint(verifyingShare) }).catch(async (cause: unknown) => {
    if (!isDamaged(cause)) throw cause;
    await vault.keyShares.distrust(info);
    throw damagedShare(info, cause);
  });
};
