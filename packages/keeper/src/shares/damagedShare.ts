import { type KeyId, KeyquorumError } from "@keyquorum/wire";

/** What a reader is told whose key's share is damaged here. `slot` is this keeper's: the others are asked. */
export const damagedShare = (
  { keyId, epoch, slot }: { readonly keyId: KeyId; readonly epoch: number; readonly slot: number },
  cause?: unknown,
): KeyquorumError =>
  new KeyquorumError("UNAVAILABLE", "This keeper's share of the key is damaged on its disk, and is being repaired.", {
    details: { keyId, epoch, slot },
    cause,
  });

/** Whether the share is damaged, and not only unavailable for a while. */
export const isDamagedShare = (error: unknown): boolean =>
  error instanceof KeyquorumError && error.code === "UNAVAILABLE" && error.details.slot !== undefined;
