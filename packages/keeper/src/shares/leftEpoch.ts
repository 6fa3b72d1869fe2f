import type { BlockRef } from "@keyquorum/chain";
import type { KeyId } from "@keyquorum/wire";
import type { ActiveKey } from "./activeKeys.ts";
import type { HandOver } from "./handOver.ts";

/**
 * Whether a key has left an epoch, and its hand-over is over: from then on members erase the epoch's encryption secrets, whatever else stays in it.
 * The dealings of that key are public, so with these secrets its erased shares could be computed again, and one key that nobody reshares would keep
 * them on every disk. The price: shares of keys that stay in the epoch cannot be repaired. PROTOCOL section 3.9. Throws ChainUnavailableError.
 * @param active as of the final block
 */
export const isLeft = async (
  { handOver, active }: { readonly handOver: Pick<HandOver, "isOver">; readonly active: ReadonlyMap<KeyId, ActiveKey> },
  epoch: number,
  final: BlockRef,
): Promise<boolean> => {
  const later = [...active.values()].filter((key) => key.epoch > epoch);
  for (const { keyId } of later) if (await handOver.isOver({ keyId, epoch }, final)) return true;
  return false;
};
