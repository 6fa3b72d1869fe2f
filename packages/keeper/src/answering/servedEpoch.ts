import type { BlockRef, Heads } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { type Address, type KeyId, KeyquorumError } from "@keyquorum/wire";
import type { Committees } from "../shares/committees.ts";
import { damagedShare } from "../shares/damagedShare.ts";
import type { HandOver } from "../shares/handOver.ts";

type KeyInEpoch = { readonly keyId: KeyId; readonly epoch: number };

/** Refuses an epoch in which the key is not served, KEY_NOT_READY or EPOCH_NOT_SERVED: PROTOCOL section 3.9. The epoch of the final block always is. */
export const requireServed = async (
  { handOver }: { readonly handOver: HandOver },
  { keyId, epoch }: KeyInEpoch,
  final: BlockRef,
): Promise<void> => {
  const state = await handOver.stateOf({ keyId, epoch }, final);
  if (state === "active" || state === "handingOver") return;
  throw new KeyquorumError(state === "later" ? "KEY_NOT_READY" : "EPOCH_NOT_SERVED", undefined, { details: { keyId, epoch } });
};

/**
 * Why there is no share. One that is stored but not marked as in use yet will be at one of the next blocks; a mirror that is behind the final block may
 * not know the key yet; a member that holds none has lost it, or has it on a damaged disk.
 */
export const withoutShare = async (
  options: {
    readonly vault: Pick<Vault, "keyShares">;
    readonly committees: Committees;
    /** This keeper's account, and those that it had before. */
    readonly operators: readonly Address[];
    /** The final block that the mirror had at the last look; -1 before the first. */
    readonly mirroredFinal: () => number;
  },
  { keyId, epoch }: KeyInEpoch,
  heads: Heads,
): Promise<KeyquorumError> => {
  const { vault, committees, operators } = options;
  const [intact, stored, members] = await Promise.all([
    vault.keyShares.list({ keyId, epoch }),
    vault.keyShares.stored(),
    committees.of(epoch, heads),
  ]);
  const own = members.find(({ operator }) => operators.includes(operator));
  const wasSaved = stored.some((share) => share.keyId === keyId && share.epoch === epoch);
  if (own !== undefined && wasSaved && intact.length === 0) return damagedShare({ keyId, epoch, slot: own.slot });
  const isPending = intact.some(({ state }) => state === "pending");
  if (own !== undefined && !isPending && options.mirroredFinal() < heads.final.number)
    return new KeyquorumError("UNAVAILABLE", "This keeper has not mirrored the chain up to the final block yet: the key may be new.", {
      details: { keyId, epoch },
    });
  const code = isPending ? "KEY_NOT_READY" : own === undefined ? "NOT_MEMBER" : "SHARE_MISSING";
  return new KeyquorumError(code, undefined, { details: { keyId, epoch } });
};
