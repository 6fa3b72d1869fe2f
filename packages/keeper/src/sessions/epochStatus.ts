import type { KeyId } from "@keyquorum/wire";
import type { BookedKey, KeyBook } from "../shares/keyBook.ts";
import type { EpochOutlook } from "./epochOutlook.ts";
import type { OpenReshare, ReshareProgress } from "./reshareProgress.ts";

/** Epochs and active keys as /status shows them. Public, and JSON. */
export type EpochStatusReport = {
  /** 0: none is open. */
  readonly current: number;
  /** null: none is proposed. `opensAt`: seconds of block time, decimal. */
  readonly proposed: {
    readonly epoch: number;
    readonly opensAt: string;
    readonly candidates: readonly number[];
    readonly joining: readonly number[];
    readonly leaving: readonly number[];
    readonly ownKeyPosted: boolean;
    readonly vetoed: boolean;
  } | null;
  /** Epochs that the operator vetoed; null: the file cannot be read, and that counts as a veto of all. */
  readonly vetoed: readonly number[] | null;
  /** null: nothing holds this keeper's shares back. `until`: ISO 8601; a reshare into that epoch before goes without this keeper's dealing. */
  readonly dealsLater: { readonly epoch: number; readonly until: string } | null;
  /** Every active key, also those that this keeper has no share of. */
  readonly keys: readonly (BookedKey & { readonly reshare: ReshareReport | null })[];
};

/** A reshare under way. `withheld`: why this keeper does not deal its share, where it is asked to. */
export type ReshareReport = Omit<OpenReshare, "keyId" | "withheld"> & { readonly withheld: string | null };

export const describeEpochs = (parts: {
  readonly outlook: EpochOutlook;
  readonly keyBook: KeyBook;
  readonly reshares: ReshareProgress;
}): EpochStatusReport => {
  const { current, proposed, vetoed, dealsLater } = parts.outlook.seen();
  const open = new Map(parts.reshares.open().map((reshare) => [reshare.keyId, reshare]));
  return {
    current,
    proposed:
      proposed === undefined
        ? null
        : {
            epoch: proposed.epoch,
            opensAt: proposed.opensAt.toString(),
            candidates: proposed.candidates,
            joining: proposed.joining,
            leaving: proposed.leaving,
            ownKeyPosted: proposed.isOwnKeyPosted,
            vetoed: proposed.isVetoed,
          },
    vetoed: vetoed ?? null,
    dealsLater: dealsLater === undefined ? null : { epoch: dealsLater.epoch, until: new Date(dealsLater.until).toISOString() },
    keys: parts.keyBook.keys().map((key) => ({ ...key, reshare: reportOf(open, key.keyId) })),
  };
};

const reportOf = (open: ReadonlyMap<KeyId, OpenReshare>, keyId: KeyId): ReshareReport | null => {
  const reshare = open.get(keyId);
  if (reshare === undefined) return null;
  const { keyId: _named, withheld, ...rest } = reshare;
  return { ...rest, withheld: withheld ?? null };
};
