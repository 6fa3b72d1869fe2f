import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { BlockId } from "@keyquorum/chain";
import { assembleKeyPublic, encodePoint, merklePath, type Point, parseDealing, SecretScalar, verifyingLeaf } from "@keyquorum/threshold";
import { type KeyShareInfo, type Vault, VaultError } from "@keyquorum/vault";
import { bytesToHex, type Hash32, hexToBytes, type KeyId, parseHash32, slotsOf } from "@keyquorum/wire";
import type { ChainReader, CommitteeMember, KeyEpochFacts } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../deployment.ts";
import { KeeperError } from "../errors.ts";

/** What this keeper needs to answer for a key in one epoch. `share` is secret and lives in memory until the keeper stops. */
export type KeyMaterial = {
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly slot: number;
  readonly share: SecretScalar;
  readonly verifyingShare: Point;
  /** From the verifying share to the key's verifying root. */
  readonly path: readonly Hash32[];
  /** All slots of the epoch, ascending. */
  readonly slots: readonly number[];
};

export type KeyMaterials = {
  /**
   * This keeper's share of a key, checked against what the chain says at `block`; undefined when it holds none that is in use.
   * Throws KeeperError VAULT_UNUSABLE when the share, or the dealings it was made of, are not what the chain knows.
   */
  readonly load: (keyId: KeyId, epoch: number, block: BlockId) => Promise<KeyMaterial | undefined>;
  /** Forgets and overwrites every share. */
  readonly erase: () => void;
};

type Options = {
  readonly vault: Pick<Vault, "keyShares" | "logs">;
  readonly reader: ChainReader;
  readonly contracts: ServedContracts;
};

const MOST = 1_000;

/** Opens key shares, checks them, and keeps them in memory: checking takes milliseconds, and answers should not. */
export const createKeyMaterials = (options: Options): KeyMaterials => {
  const held = new Map<string, KeyMaterial>();
  /** Many may ask for a share that nobody has asked for since the start: it is opened once, and no second copy is left behind. */
  const opening = new Map<string, Promise<KeyMaterial | undefined>>();

  const open = async (keyId: KeyId, epoch: number, block: BlockId): Promise<KeyMaterial | undefined> => {
    const [info] = await options.vault.keyShares.list({ keyId, epoch, state: "active" });
    const material = info === undefined ? undefined : await openMaterial(options, info, block);
    if (material === undefined) return undefined;
    if (held.size >= MOST) held.delete(held.keys().next().value ?? "");
    held.set(`${keyId}:${epoch}`, material);
    return material;
  };

  return {
    load: async (keyId, epoch, block) => {
      const name = `${keyId}:${epoch}`;
      const known = held.get(name);
      if (known !== undefined) return known;
      const begun = opening.get(name) ?? open(keyId, epoch, block).finally(() => opening.delete(name));
      opening.set(name, begun);
      return begun;
    },
    erase: () => {
      for (const { share } of held.values()) share.erase();
      held.clear();
    },
  };
};

const openMaterial = async (options: Options, info: KeyShareInfo, block: BlockId): Promise<KeyMaterial | undefined> => {
  const { keyId, epoch, slot, digest } = info;
  const at = options.reader.at(block.hash);
  const [onChain, members] = await Promise.all([at.keyEpochOf(keyId, epoch), at.committeeOf(epoch)]);
  if (onChain === undefined) return undefined;
  const { verifyingShares, commitmentsHash, verifyingRoot } = await recompute(options, info, members, onChain);
  if (bytesToHex(commitmentsHash) !== onChain.commitmentsHash || bytesToHex(verifyingRoot) !== onChain.verifyingRoot)
    throw new KeeperError(
      "VAULT_UNUSABLE",
      "The mirrored dealings of a key do not give what the chain stores for it. Check the RPC; restore the data directory.",
      { keyId, epoch },
    );

  const verifyingShare = verifyingShares.get(slot);
  if (verifyingShare === undefined)
    throw new KeeperError("VAULT_UNUSABLE", "A stored share is for a slot that is no member of its epoch.", { keyId, epoch, slot });
  const record = await options.vault.keyShares
    .load({ keyId, epoch, digest }, { verifyingShare: encodePoint(verifyingShare) })
    .catch((cause: unknown) => {
      if (!(cause instanceof VaultError)) throw cause;
      throw new KeeperError("VAULT_UNUSABLE", `A key share cannot be used: ${cause.message}`, { keyId, epoch }, { cause });
    });
  if (record === undefined) return undefined;
  const share = SecretScalar.fromBytes(record.share);
  record.share.fill(0);
  const slots = members.map((member) => member.slot);
  const id = hexToBytes(keyId, 32);
  const leaves = slots.map((member) =>
    verifyingLeaf({ keyId: id, epoch, slot: member, verifyingShare: verifyingShares.get(member) as Point }),
  ); // true: it has every member
  const path = merklePath(leaves, slots.indexOf(slot)).map((node) => parseHash32(bytesToHex(node)));
  return { keyId, epoch, slot, share, verifyingShare, path, slots };
};

/** Adds up the dealings that the chain recorded: the public side of the key, from mirrored logs alone. PROTOCOL section 3.6. */
const recompute = async (
  { vault, contracts }: Options,
  { sid, keyId, epoch }: KeyShareInfo,
  members: readonly CommitteeMember[],
  onChain: KeyEpochFacts,
) => {
  const address = contracts.addresses.keyGeneration;
  const [finalizedLogs, dealtLogs] = await Promise.all([
    vault.logs.find({ address, topic0: eventTopic("KeyFinalized"), topic1: sid }),
    vault.logs.find({ address, topic0: eventTopic("Dealt"), topic1: sid }),
  ]);
  const [finalized] = finalizedLogs.flatMap((log) => parseContractLogOf(contracts.deployment, log, "KeyFinalized") ?? []);
  if (finalized === undefined)
    throw new KeeperError("VAULT_UNUSABLE", "The mirrored logs lack the joint key of a session. Check the RPC; mirror anew.", {
      sid,
      keyId,
    });
  const dealt = dealtLogs.flatMap((log) => parseContractLogOf(contracts.deployment, log, "Dealt") ?? []);
  const shape = { threshold: onChain.threshold, members: members.length };
  const qual = slotsOf(finalized.args.qual).map((dealer) => {
    const event = dealt.find(({ args }) => Number(args.dealer) === dealer);
    if (event === undefined)
      throw new KeeperError("VAULT_UNUSABLE", "The mirrored logs lack a dealing. Check the RPC; mirror anew.", { sid, keyId, dealer });
    return { dealer, dealing: parseDealing(hexToBytes(event.args.dealing), shape) };
  });
  return assembleKeyPublic({ keyId: hexToBytes(keyId, 32), epoch, qual, shift: shiftOf(finalized.args), members });
};

/** `shift` is an array's own method name, which ethers' types confuse with the event's field; the plain value has the field. */
const shiftOf = (args: object): bigint => (args as { readonly shift: bigint }).shift;
