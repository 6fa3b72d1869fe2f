import {
  blocksLeftOf,
  nameOfState,
  plain,
  RESHARE_FAILURES,
  RESHARE_STATUSES,
  type ReshareFailure,
  type ReshareStatus,
} from "@keyquorum/bindings";
import { type Hash32, type KeyId, parseKeyId, slotsOf } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Chain } from "../chain/chain.ts";
import type { CallOptions } from "../options.ts";

/** A session that moves a key to a later epoch, as the head has it. Slots are ascending. PROTOCOL section 3.9. All public. */
export type ReshareInfo = {
  readonly keyId: KeyId;
  /** 32 bytes. */
  readonly sid: Hash32;
  readonly fromEpoch: number;
  readonly epoch: number;
  readonly status: ReshareStatus;
  /** The last block of the phase as the contracts count, which on some chains is not as nodes count; 0 when no block ends it. */
  readonly phaseEnd: number;
  /** How many of the contracts' blocks are left of the phase at most; 0 when no block ends it. */
  readonly blocksLeft: number;
  /** How many dealers Q has: t+1 of the epoch that the key leaves. */
  readonly quorum: number;
  /** t' of the epoch that it moves to. */
  readonly threshold: number;
  /** How many must confirm: 2t'+1. */
  readonly readyNeeded: number;
  /** Members of the epoch that the key leaves: who deals. */
  readonly dealers: readonly number[];
  /** Members of the epoch that it moves to: who confirms. */
  readonly members: readonly number[];
  readonly dealt: readonly number[];
  readonly disqualified: readonly number[];
  /** Q; empty until it is fixed. */
  readonly qual: readonly number[];
  readonly ready: readonly number[];
  readonly failure: ReshareFailure;
};

/** Returns the newest session that moves, moved or failed to move a key to a later epoch; undefined where there was none. Throws CHAIN_UNAVAILABLE. */
export const reshareOf = action(
  "reshareOf",
  async (client: Chain, key: KeyId, { signal }: CallOptions = {}): Promise<ReshareInfo | undefined> => {
    const keyId = parseKeyId(key);
    const { calls, provider, contracts } = client;
    const { keyResharing } = contracts;
    const read = <T>(call: () => Promise<T>): Promise<T> => calls.read("Reading the reshare", call, signal);
    const at = { blockTag: await read(() => provider.getBlockNumber()) };
    const sid = await read(() => keyResharing.sessionOf(keyId, at));
    if (BigInt(sid) === 0n) return undefined;
    const [found, status, phaseEnd, qual] = await Promise.all([
      read(() => keyResharing.reshareOf(sid, at)).then(plain),
      read(() => keyResharing.statusOf(sid, at)),
      read(() => keyResharing.phaseEndOf(sid, at)),
      read(() => keyResharing.qualOf(sid, at)),
    ]);
    const blocksLeft = await read(() => blocksLeftOf(provider, Number(phaseEnd), at));
    const threshold = Number(found.threshold);
    return {
      keyId,
      sid: sid as Hash32, // 32 bytes by the interface
      fromEpoch: Number(found.fromEpoch),
      epoch: Number(found.epoch),
      status: nameOfState(RESHARE_STATUSES, status),
      phaseEnd: Number(phaseEnd),
      blocksLeft,
      quorum: Number(found.quorum),
      threshold,
      readyNeeded: 2 * threshold + 1,
      dealers: slotsOf(found.dealers),
      members: slotsOf(found.committee),
      dealt: slotsOf(found.dealt),
      disqualified: slotsOf(found.disqualified),
      qual: slotsOf(qual),
      ready: slotsOf(found.ready),
      failure: nameOfState(RESHARE_FAILURES, found.failure),
    };
  },
);
