import type { Done, ReshareKeep } from "@keyquorum/protocol";
import type { Vault } from "@keyquorum/vault";
import type { KeyMaterials } from "../answers/keyMaterial.ts";
import type { KeeperExtension } from "../extension.ts";
import type { Logger } from "../logger.ts";

/** Says what stays true for many heads once. */
export const sayOnce = (said: Set<string>, id: string, say: () => void): void => {
  if (said.has(id)) return;
  said.add(id);
  say();
};

/** Where this keeper keeps its own part of a reshare: the vault. */
export const createReshareKeep = (input: {
  readonly vault: Pick<Vault, "dealings" | "keyShares">;
  readonly materials: Pick<KeyMaterials, "forget">;
  readonly extensions: readonly KeeperExtension[];
  readonly log: Logger;
  readonly slot: number;
  readonly said: Set<string>;
  readonly onDone: (effect: Done) => void;
}): ReshareKeep => {
  const { vault, extensions, log, said } = input;
  return {
    saveDealing: async ({ sid, dealing }) => {
      const bytes = extensions.reduce((sent, { transformDealing }) => transformDealing?.(sent, { sid, slot: input.slot }) ?? sent, dealing);
      await vault.dealings.save(sid, bytes);
    },
    saveShare: async ({ content }) => {
      const share = content.share.toBytes();
      try {
        await vault.keyShares.save({ ...content, share });
      } finally {
        share.fill(0);
        content.share.erase();
      }
      const { sid, keyId, epoch, slot } = content;
      log.info("New key share stored", { sid, keyId, epoch, slot });
    },
    eraseShare: async ({ keyId, epoch, digest }) => {
      input.materials.forget(keyId, epoch);
      await vault.keyShares.erase({ keyId, epoch, digest });
      log.info("Key share that came into no use erased", { keyId, epoch });
    },
    unready: async ({ id, sid, reason, dealers }) => {
      sayOnce(said, id, () => log.error("This keeper cannot confirm its new share", { sid, reason, dealers }));
    },
    cannotDeal: async ({ id, sid, reason }) => {
      sayOnce(said, id, () => log.error("This keeper cannot deal its share", { sid, reason }));
    },
    done: async (effect) => {
      const { keyId, epoch, digest } = effect;
      if (effect.outcome === "active" && digest !== undefined) await vault.keyShares.activate({ keyId, epoch, digest });
      input.onDone(effect);
    },
  };
};
