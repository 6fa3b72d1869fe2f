import { plain } from "@keyquorum/bindings";
import { type Hash32, type KeyId, KeyquorumError, parseKeyId, slotsOf } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Chain } from "../chain/chain.ts";
import type { CallOptions } from "../options.ts";

/** A key in one of the epochs in which it was active, as the head has it. Slots are ascending. All public. */
export type KeyEpoch = {
  readonly epoch: number;
  /** t: t keepers together learn nothing. */
  readonly threshold: number;
  /** q = t+1: so many keepers are needed. */
  readonly quorum: number;
  /** Who holds a share. */
  readonly slots: readonly number[];
  /** Of these, who was not removed and so still answers. */
  readonly answering: readonly number[];
  readonly verifyingRoot: Hash32;
  /** When the key left it for a later one: seconds of block time; undefined while it is active in it. */
  readonly retiredAt: number | undefined;
};

/** Returns the epochs in which a key was active, the newest first, which is where it is active. Throws UNKNOWN_KEY, KEY_NOT_READY, CHAIN_UNAVAILABLE. */
export const keyEpochs = action(
  "keyEpochs",
  async (client: Chain, key: KeyId, { signal }: CallOptions = {}): Promise<readonly KeyEpoch[]> => {
    const keyId = parseKeyId(key);
    const { calls, provider, contracts } = client;
    const { keyGeneration, keeperRegistry } = contracts;
    const read = <T>(call: () => Promise<T>): Promise<T> => calls.read("Reading the key's epochs", call, signal);
    const at = { blockTag: await read(() => provider.getBlockNumber()) };
    const { requester, activeEpoch } = await read(() => keyGeneration.keyOf(keyId, at));
    const details = { keyId };
    if (BigInt(requester) === 0n) throw new KeyquorumError("UNKNOWN_KEY", `The key ${keyId} was never requested.`, { details });
    if (activeEpoch === 0n) throw new KeyquorumError("KEY_NOT_READY", `The key ${keyId} is not active yet.`, { details });
    const removed = new Set(slotsOf(await read(() => keeperRegistry.removedKeepers(at))));
    const epochs = Array.from({ length: Number(activeEpoch) }, (_, index) => Number(activeEpoch) - index);
    const found = await Promise.all(
      epochs.map(async (epoch): Promise<readonly KeyEpoch[]> => {
        const record = plain(await read(() => keyGeneration.keyEpochOf(keyId, epoch, at)));
        if (record.committee === 0n) return []; // the key passed this epoch by
        const [threshold, slots] = [Number(record.threshold), slotsOf(record.committee)];
        const retiredAt = Number(await read(() => keyGeneration.retiredAtOf(keyId, epoch, at)));
        return [
          {
            epoch,
            threshold,
            quorum: threshold + 1,
            slots,
            answering: slots.filter((slot) => !removed.has(slot)),
            verifyingRoot: record.verifyingRoot as Hash32, // 32 bytes by the interface, in lower case by `plain`
            retiredAt: retiredAt === 0 ? undefined : retiredAt,
          },
        ];
      }),
    );
    return found.flat();
  },
);
