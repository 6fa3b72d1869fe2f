import type { BlockId } from "@keyquorum/chain";
import { encodePoint, merklePath, type Point, type SecretScalar, verifyingLeaf } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { bytesToHex, hexToBytes, parseHash32 } from "@keyquorum/wire";
import type { ChainReader, CommitteeMember } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import { KeeperError } from "../run/errors.ts";
import type { MissingShare } from "../shares/keyBook.ts";
import { type KeyRecord, readKeyPublic } from "../shares/keyPublic.ts";

type Options = {
  readonly vault: Pick<Vault, "keyShares" | "logs" | "repairKeys" | "transaction">;
  readonly reader: ChainReader;
  readonly contracts: ServedContracts;
};

/** The public side of the key whose share is repaired, compared with what the chain stores. Throws KeeperError VAULT_UNUSABLE. */
export const readRepairRecord = async (
  { vault, reader, contracts }: Options,
  { keyId, epoch }: MissingShare,
  members: readonly CommitteeMember[],
  final: BlockId,
): Promise<KeyRecord & { readonly threshold: number }> => {
  const at = reader.at(final.hash);
  const [facts, key] = await Promise.all([at.keyEpochOf(keyId, epoch), at.keyOf(keyId)]);
  if (facts === undefined || key === undefined)
    throw new KeeperError("VAULT_UNUSABLE", "The chain does not know the key of a missing share. Check the RPC.", { keyId, epoch });
  const { threshold } = facts;
  const made = await readKeyPublic({ vault, contracts }, { keyId, epoch, threshold, members, jointKey: key.publicKey });
  if (bytesToHex(made.commitmentsHash) === facts.commitmentsHash && bytesToHex(made.verifyingRoot) === facts.verifyingRoot)
    return { ...made, threshold };
  throw new KeeperError(
    "VAULT_UNUSABLE",
    "The mirrored dealings of a key do not give what the chain stores for it. Check the RPC; restore the data directory.",
    { keyId, epoch },
  );
};

/**
 * Stores a repaired share with the record that its session would have given it, in use at once, and destroys the repair's secret: one transaction.
 * Damaged shares of this key and epoch give way. An intact one, which the providers may only say for a while is another fork's, stays beside it: what is
 * erased on their word, `eraseRetired` erases, after its delay. Erases `share`.
 */
export const storeRepaired = async (
  { vault }: Options,
  { keyId, epoch, slot }: MissingShare,
  record: KeyRecord,
  share: SecretScalar,
): Promise<void> => {
  const bytes = share.toBytes();
  share.erase();
  const verifyingShare = record.verifyingShares.get(slot) as Point; // true: recoverShare compared the share with it
  const { sid, qual, digest, dealingsHash } = record;
  try {
    await vault.transaction(async (tx) => {
      await tx.keyShares.makeRoomFor({ keyId, epoch, digest });
      await tx.keyShares.save({
        ...{ keyId, epoch, slot, sid, qual, digest, dealingsHash },
        share: bytes,
        jointKey: encodePoint(record.jointKey),
        verifyingShare: encodePoint(verifyingShare),
        commitmentsHash: parseHash32(bytesToHex(record.commitmentsHash)),
        verifyingRoot: parseHash32(bytesToHex(record.verifyingRoot)),
        path: pathOf(record, { keyId, epoch, slot }),
      });
      await tx.keyShares.activate({ keyId, epoch, digest });
      await tx.repairKeys.erase({ keyId, epoch });
    });
  } finally {
    bytes.fill(0);
  }
};

const pathOf = ({ verifyingShares }: KeyRecord, { keyId, epoch, slot }: MissingShare) => {
  const id = hexToBytes(keyId, 32);
  const leaves = [...verifyingShares].map(([member, verifyingShare]) => verifyingLeaf({ keyId: id, epoch, slot: member, verifyingShare }));
  return merklePath(leaves, [...verifyingShares.keys()].indexOf(slot)).map((node) => parseHash32(bytesToHex(node)));
};
