import { type ContractViews, nameOfState, plain, RESHARE_STATUSES, type ReshareStatus } from "@keyquorum/bindings";
import { type KeyId, parseHash32, type SessionId } from "@keyquorum/wire";

/** A reshare session: stored facts and what they mean at one block. Bitmaps have bit `slot` set. PROTOCOL section 3.9. */
export type ReshareFacts = {
  readonly status: ReshareStatus;
  /** The last block of the phase; 0 when no block ends it. */
  readonly keyId: KeyId;
  readonly fromEpoch: number;
  readonly epoch: number;
  /** q = t+1 of `fromEpoch`: how many dealers Q has. */
  readonly quorum: number;
  /** t' of `epoch`. */
  readonly threshold: number;
  readonly dealers: bigint;
  readonly committee: bigint;
  readonly dealt: bigint;
  readonly disqualified: bigint;
  readonly ready: bigint;
  /** Q; 0 until it is fixed, and where there are too few dealers. */
  readonly qual: bigint;
};

type KeyResharing = ContractViews["keyResharing"];

export const readReshare = async (keyResharing: KeyResharing, sid: SessionId): Promise<ReshareFacts> => {
  const [status, qual, stored] = await Promise.all([keyResharing.statusOf(sid), keyResharing.qualOf(sid), keyResharing.reshareOf(sid)]);
  const reshare = plain(stored);
  return {
    status: nameOfState(RESHARE_STATUSES, status),
    keyId: parseHash32(reshare.keyId) as KeyId,
    fromEpoch: Number(reshare.fromEpoch),
    epoch: Number(reshare.epoch),
    quorum: Number(reshare.quorum),
    threshold: Number(reshare.threshold),
    dealers: reshare.dealers,
    committee: reshare.committee,
    dealt: reshare.dealt,
    disqualified: reshare.disqualified,
    ready: reshare.ready,
    qual,
  };
};
