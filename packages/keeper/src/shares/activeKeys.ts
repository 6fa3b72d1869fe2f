import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { BlockRef } from "@keyquorum/chain";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { type Hash32, type KeyId, parseHash32, parseKeyId } from "@keyquorum/wire";
import type { ServedContracts } from "../contracts/deployment.ts";
import { onceForEach } from "../contracts/onceForEach.ts";
import { mapInTurns } from "../run/inTurns.ts";

/** The newest log is read each time, to see that it is still there. */
const MOST_REMEMBERED = 100;

/** A key in the epoch in which it is active in the final block. Public. */
export type ActiveKey = {
  readonly keyId: KeyId;
  readonly epoch: number;
  readonly threshold: number;
  readonly commitmentsHash: Hash32;
  readonly verifyingRoot: Hash32;
};

export type ActiveKeys = {
  /** All active keys as of a final block, in the order in which they first became active. From mirrored logs alone. */
  readonly asOf: (final: BlockRef) => Promise<ReadonlyMap<KeyId, ActiveKey>>;
};

/**
 * Goes on from the newest log that it has read: there may be many keys, and this is asked at every head. Starts over when that log is gone: a block
 * that providers called final was not. Not from the final block on: a number that is far too high would hide all that comes before it.
 */
export const createActiveKeys = ({
  vault,
  contracts,
}: {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
}): ActiveKeys => {
  let known: ReadonlyMap<KeyId, ActiveKey> = new Map();
  let newest: MirroredLog | undefined;

  const readBetween = async (fromBlock: number, toBlock: number): Promise<readonly MirroredLog[]> => {
    const { keyGeneration, keyResharing } = contracts.addresses;
    const range = { fromBlock, toBlock };
    const [ready, reshared] = await Promise.all([
      vault.logs.find({ ...range, address: keyGeneration, topic0: eventTopic("KeyReady") }),
      vault.logs.find({ ...range, address: keyResharing, topic0: eventTopic("KeyReshared") }),
    ]);
    return [...ready, ...reshared];
  };

  const activeKeyOf = onceForEach(MOST_REMEMBERED, (log: MirroredLog): ActiveKey | undefined => {
    const { deployment } = contracts;
    const event = parseContractLogOf(deployment, log, "KeyReshared") ?? parseContractLogOf(deployment, log, "KeyReady");
    if (event === undefined) return undefined;
    const { keyId, epoch, threshold, commitmentsHash, verifyingRoot } = event.args;
    return {
      keyId: parseKeyId(keyId),
      epoch: Number(epoch),
      threshold: Number(threshold),
      commitmentsHash: parseHash32(commitmentsHash),
      verifyingRoot: parseHash32(verifyingRoot),
    };
  });

  return {
    asOf: async ({ number }) => {
      const from = newest;
      if (from !== undefined && number < from.blockNumber) return known;
      const further = await readBetween(from?.blockNumber ?? 0, number);
      const isThere = from === undefined || further.some(({ blockHash }) => blockHash === from.blockHash);
      const logs = isThere ? further : await readBetween(0, number);
      const keys = new Map(isThere ? known : []);
      for (const key of await mapInTurns(logs, activeKeyOf))
        if (key !== undefined && key.epoch > (keys.get(key.keyId)?.epoch ?? 0)) keys.set(key.keyId, key);
      newest = logs.toSorted((a, b) => a.blockNumber - b.blockNumber).at(-1);
      known = keys;
      return known;
    },
  };
};
