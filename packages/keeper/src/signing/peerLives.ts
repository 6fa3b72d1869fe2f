import type { Vault } from "@keyquorum/vault";
import { type BootId, isCurrentBoot, KeyquorumError } from "@keyquorum/wire";
import type { Logger } from "../report/logger.ts";

/** The fence against copies of a keeper (A15): of each member of an epoch the newest life that signed a message is known, durably. */
export type PeerLives = {
  /** Throws OLDER_BOOT for a life that is older than the newest that was seen of that slot, or a copy of it. */
  readonly admit: (epoch: number, slot: number, boot: BootId) => Promise<void>;
  /** Forgets all of other epochs. */
  readonly keepOnly: (epochs: readonly number[]) => Promise<void>;
};

export const createPeerLives = ({
  vault,
  log,
}: {
  readonly vault: Pick<Vault, "peerBoots">;
  readonly log: Pick<Logger, "warn">;
}): PeerLives => {
  /** What the vault has, so that a message costs no write. */
  const known = new Map<string, BootId>();
  return {
    admit: async (epoch, slot, boot) => {
      const name = `${epoch}/${slot}`;
      if (known.get(name) === boot) return;
      const newest = await vault.peerBoots.see({ epoch, slot, boot });
      const before = known.get(name);
      if (before === undefined || isCurrentBoot(newest, before)) known.set(name, newest);
      if (newest === boot) return;
      log.warn("A message of an earlier life of a keeper was refused: it is a copy, or was restored from a backup", { epoch, slot });
      throw new KeyquorumError("OLDER_BOOT", undefined, { details: { slot, newest } });
    },
    keepOnly: async (epochs) => {
      for (const name of known.keys()) if (!epochs.includes(Number(name.split("/")[0]))) known.delete(name);
      await vault.peerBoots.keepOnly(epochs);
    },
  };
};
