import type { BlockId } from "@keyquorum/chain";
import { encodePoint, merklePath, type Point, SecretScalar, ThresholdError, verifyingLeaf } from "@keyquorum/threshold";
import type { KeyShareInfo, KeyShareRecord, Vault } from "@keyquorum/vault";
import { bytesToHex, type Hash32, hexToBytes, type KeyId, KeyquorumError, parseHash32 } from "@keyquorum/wire";
import type { ChainReader, KeyEpochFacts } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import { KeeperError } from "../run/errors.ts";
import { damagedShare } from "./damagedShare.ts";
import { type KeyInEpoch, type KeyRecord, readKeyPublic } from "./keyPublic.ts";
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

export type KeyMaterials = {
  /**
   * This keeper's share of a key in an epoch, checked against what the chain says at `block`; undefined when it holds none, or the key was never
   * active in that epoch there. Whether a share may be used at all, the caller asks the chain.
   * Throws KeyquorumError UNAVAILABLE while the mirror is behind `block`, or when the share is damaged: it counts as missing from then on. Throws
   * KeeperError VAULT_UNUSABLE when the dealings it was made of are not what the chain knows though the mirror has them all.
   */
  readonly load: (keyId: KeyId, epoch: number, block: BlockId) => Promise<KeyMaterial | undefined>;
  /**
   * Compares the share with the chain as it is on the disk now, whatever is in memory. Throws what `load` throws: a share that is damaged, or not what the
   * chain knows, counts as missing from then on.
   */
  readonly check: (keyId: KeyId, epoch: number, block: BlockId) => Promise<void>;
  /** Forgets and overwrites a key's shares of one epoch. */
  readonly forget: (keyId: KeyId, epoch: number) => void;
  /** Forgets and overwrites every share. */
  readonly erase: () => void;
};

type Options = {
  readonly vault: Pick<Vault, "keyShares" | "logs">;
  readonly reader: ChainReader;
  readonly contracts: ServedContracts;
  /** The final block that the mirror had at the last look; -1 before the first. The mirror is complete up to it, and no reorg changes that. */
  readonly mirroredFinal: () => number;
  /** How many shares are kept in memory. */
  readonly most?: number;
};

type Held = KeyMaterial & {
  /** The root that the share belongs to: another fork of the chain may know another. */
  readonly verifyingRoot: Hash32;
  /** Marked as in use, so the chain's facts about it are final. */
  readonly isInUse: boolean;
};

/** Opens key shares, checks them, and keeps them in memory: checking takes milliseconds, and answers should not. */
export const createKeyMaterials = (options: Options): KeyMaterials => {
  const { most = 1_000 } = options;
  const held = new Map<string, Held>();
  /** Many may ask for a share that nobody has asked for since the start: it is opened once, and no second copy is left behind. */
  const opening = new Map<string, Promise<KeyMaterial | undefined>>();

  const forget = (name: string): void => {
    held.get(name)?.share.erase();
    held.delete(name);
  };

  const open = async (keyId: KeyId, epoch: number, block: BlockId): Promise<KeyMaterial | undefined> => {
    const name = nameOf(keyId, epoch);
    const onChain = await options.reader.at(block.hash).keyEpochOf(keyId, epoch);
    const known = held.get(name);
    if (onChain === undefined || known?.verifyingRoot === onChain.verifyingRoot) return onChain === undefined ? undefined : known;
    const infos = await options.vault.keyShares.list({ keyId, epoch });
    const material = await openMaterial(options, infos, onChain, block);
    forget(name);
    if (material === undefined) return undefined;
    if (held.size >= most) forget(held.keys().next().value ?? "");
    held.set(name, material);
    return material;
  };

  const load: KeyMaterials["load"] = async (keyId, epoch, block) => {
    const name = nameOf(keyId, epoch);
    const known = held.get(name);
    if (known?.isInUse === true) {
      held.delete(name); // to the end: what is forgotten first was asked for longest ago, and is in nobody's hands
      held.set(name, known);
      return known;
    }
    const asked = `${name}:${block.hash}`;
    const begun = opening.get(asked) ?? open(keyId, epoch, block).finally(() => opening.delete(asked));
    opening.set(asked, begun);
    return begun;
  };

  return {
    load,
    check: async (keyId, epoch, block) => {
      const material = await load(keyId, epoch, block);
      const root = held.get(nameOf(keyId, epoch))?.verifyingRoot;
      if (material === undefined) return;
      const infos = await options.vault.keyShares.list({ keyId, epoch });
      const info = infos.find(({ verifyingRoot }) => verifyingRoot === root);
      if (info === undefined) return; // it was taken away meanwhile, or is damaged: the book of keys says so
      try {
        const record = await openRecord(options, info, material.verifyingShare);
        record?.share.fill(0);
      } catch (error) {
        forget(nameOf(keyId, epoch));
        throw error;
      }
    },
    forget: (keyId, epoch) => forget(nameOf(keyId, epoch)),
    erase: () => {
      for (const name of [...held.keys()]) forget(name);
    },
  };
};

const nameOf = (keyId: KeyId, epoch: number): string => `${keyId}:${epoch}`;

const openMaterial = async (
  options: Options,
  infos: readonly KeyShareInfo[],
  onChain: KeyEpochFacts,
  block: BlockId,
): Promise<Held | undefined> => {
  const [first] = infos;
  if (first === undefined) return undefined;
  const { keyId, epoch } = first;
  const { commitmentsHash, verifyingRoot } = onChain;
  const at = options.reader.at(block.hash);
  const [key, members] = await Promise.all([at.keyOf(keyId), at.committeeOf(epoch)]);
  if (key === undefined) return undefined;
  const publicKey = await readMirrored(
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

/**
 * A key's public side from the mirror, equal to what the chain stores. A decision is made at a final block that the node names now; the mirror may
 * stand at an earlier one, or on a branch that is gone. What it lacks then, the next look brings; what it lacks at its own final block is lost.
 */
const readMirrored = async (
  options: Options,
  inEpoch: KeyInEpoch,
  { commitmentsHash, verifyingRoot }: KeyEpochFacts,
  block: BlockId,
): Promise<KeyRecord> => {
  const { keyId, epoch } = inEpoch;
  const isMirrored = options.mirroredFinal() >= block.number; // before the logs are read: the follower may get further meanwhile
  try {
    const found = await readKeyPublic(options, inEpoch);
    if (bytesToHex(found.commitmentsHash) === commitmentsHash && bytesToHex(found.verifyingRoot) === verifyingRoot) return found;
    throw new KeeperError(
      "VAULT_UNUSABLE",
      "The mirrored dealings of a key do not give what the chain stores for it. Check the RPC; restore the data directory.",
      { keyId, epoch },
    );
  } catch (cause) {
    if (isMirrored || !(cause instanceof KeeperError || cause instanceof ThresholdError)) throw cause;
    throw new KeyquorumError("UNAVAILABLE", "This keeper has not mirrored the key's dealings up to the final block yet.", {
      details: { keyId, epoch },
      cause,
    });
  }
};

const openShare = async (
  options: Options,
  info: KeyShareInfo,
  { verifyingShares, identityKey }: { readonly verifyingShares: ReadonlyMap<number, Point>; readonly identityKey: Point | undefined },
): Promise<Held | undefined> => {
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
const openRecord = ({ vault }: Options, info: KeyShareInfo, verifyingShare: Point): Promise<KeyShareRecord | undefined> => {
  const { keyId, epoch, digest } = info;
  return vault.keyShares.load({ keyId, epoch, digest }, { verifyingShare: encodePoint(verifyingShare) }).catch(async (cause: unknown) => {
    if (!isDamaged(cause)) throw cause;
    await vault.keyShares.distrust(info);
    throw damagedShare(info, cause);
  });
};
