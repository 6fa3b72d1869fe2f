import type { Done, ReshareKeep } from "@keyquorum/protocol";
import type { Core } from "../run/core.ts";
import { sayOnce } from "../run/sayOnce.ts";
import type { KeyMaterials } from "../shares/keyMaterials.ts";

type Parts = Pick<Core, "vault" | "extensions" | "log" | "metrics"> & { readonly materials: Pick<KeyMaterials, "forget"> };

/** Where this keeper keeps its own part of a session, of either kind: the vault. What it cannot do it says, once. */
export const createSessionKeep = (
  { vault, materials, extensions, log, metrics }: Parts,
  { slot, said, onDone }: { readonly slot: number; readonly said: Set<string>; readonly onDone: (effect: Done) => void },
): ReshareKeep => ({
  saveDealing: async ({ sid, dealing }) => {
    const bytes = extensions.reduce((sent, { transformDealing }) => transformDealing?.(sent, { sid, slot }) ?? sent, dealing);
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
    const { sid, keyId, epoch } = content;
    log.info("New key share stored", { sid, keyId, epoch, slot: content.slot });
  },
  eraseShare: async ({ keyId, epoch, digest }) => {
    materials.forget(keyId, epoch);
    await vault.keyShares.erase({ keyId, epoch, digest });
    log.info("Key share that came into no use erased", { keyId, epoch });
  },
  unready: async ({ id, sid, reason, dealers }) => {
    sayOnce(said, id, () => log.error("This keeper cannot confirm its new share", { sid, reason, dealers }));
  },
  cannotDeal: async ({ id, sid, reason }) => {
    sayOnce(said, id, () => log.error("This keeper cannot deal its share", { sid, reason }));
  },
  disbelieve: async ({ id, sid, dealer, reason }) => {
    sayOnce(said, id, () => {
      metrics.dealingsDisbelieved.inc({ reason });
      log.error(
        "The node's logs show a dealing that the contract did not accept; it is ignored. Check the RPC providers if this continues",
        {
          sid,
          dealer,
          reason,
        },
      );
    });
  },
  done: async (effect) => {
    const { keyId, epoch, digest } = effect;
    if (effect.outcome === "active" && digest !== undefined) await vault.keyShares.activate({ keyId, epoch, digest });
    onDone(effect);
  },
});
