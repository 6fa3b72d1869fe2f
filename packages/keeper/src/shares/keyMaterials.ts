import type { BlockId } from "@keyquorum/chain";
import type { KeyId } from "@keyquorum/wire";
import { type KeyMaterial, type OpenedMaterial, type OpeningOptions, openMaterial, openRecord } from "./keyMaterial.ts";

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

/** Opens key shares, checks them, and keeps them in memory: checking takes milliseconds, and answers should not. */
export const createKeyMaterials = (
  options: OpeningOptions & {
    /** How many shares are kept in memory. */
    readonly most?: number;
  },
): KeyMaterials => {
  const { most = 1_000 } = options;
  const held = new Map<string, OpenedMaterial>();
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
