import { type BootId, isCurrentBoot } from "@keyquorum/wire";
import { isIntact, withMark } from "../sealing/marks.ts";
import type { StoreContext } from "./context.ts";
import type { PeerBootStore } from "./types/signing.ts";

/**
 * Lives of other keepers. A row that was changed on the file counts as none: the fence keeps clones apart from their original, and no secret rests on it, as
 * no nonce is on a disk.
 */
export const createPeerBootStore = ({ run, sealer, damage, clock }: StoreContext): PeerBootStore => ({
  see: ({ epoch, slot, boot }) =>
    run(async (db) => {
      const row = await db.selectFrom("peer_boot").selectAll().where("epoch", "=", epoch).where("slot", "=", slot).executeTakeFirst();
      const isWhole = row !== undefined && isIntact(sealer, "peer_boot", row);
      if (row !== undefined && !isWhole) damage.note({ table: "peer_boot", id: `${epoch}/${slot}` });
      const newest = isWhole ? (row.boot as BootId) : undefined; // true: it was one when it was saved
      if (newest !== undefined && (newest === boot || !isCurrentBoot(boot, newest))) return newest;
      const seen = withMark(sealer, "peer_boot", { epoch, slot, boot: boot as string, seen_at: clock() });
      await db
        .insertInto("peer_boot")
        .values(seen)
        .onConflict((conflict) =>
          conflict.columns(["epoch", "slot"]).doUpdateSet({ boot: seen.boot, seen_at: seen.seen_at, mark: seen.mark }),
        )
        .execute();
      damage.forget({ table: "peer_boot", id: `${epoch}/${slot}` });
      return boot;
    }),
  keepOnly: (epochs) =>
    run(async (db) => {
      const query = db.deleteFrom("peer_boot");
      const { numDeletedRows } = await (epochs.length === 0 ? query : query.where("epoch", "not in", [...epochs])).executeTakeFirst();
      return Number(numDeletedRows);
    }),
});
