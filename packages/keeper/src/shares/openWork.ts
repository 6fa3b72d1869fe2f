import type { Vault } from "@keyquorum/vault";
import type { KeyId } from "@keyquorum/wire";

/** Kinds of work that make shares of an epoch: what duties wrote down for key generation and for resharing. */
const MAKES_SHARES = ["session", "reshare"] as const;

type SharePayload = { readonly keyId: KeyId; readonly epoch: number };

/** The keys and epochs, as `keyId:epoch`, whose sessions this keeper has not finished: a share of them may still come. */
export const epochsWithOpenWork = async ({ work }: { readonly work: Pick<Vault["work"], "due"> }): Promise<ReadonlySet<string>> => {
  const items = await Promise.all(MAKES_SHARES.map((kind) => work.due<SharePayload>({ now: Number.MAX_SAFE_INTEGER, kind })));
  return new Set(items.flat().map(({ payload }) => `${payload.keyId}:${payload.epoch}`));
};
