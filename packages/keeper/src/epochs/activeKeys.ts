import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { BlockRef } from "@keyquorum/chain";
import type { MirroredLog, Vault } from "@keyquorum/vault";
import { type Hash32, type KeyId, parseHash32, parseKeyId } from "@keyquorum/wire";
import type { ServedContracts } from "../deployment.ts";

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

/** Reads each final log once: there may be many keys, and this is asked at every head. */
export const createActiveKeys = ({
  vault,
  contracts,
}: {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
}): ActiveKeys => {
  const known = new Map<KeyId, ActiveKey>();
  let next = 0;

  const read = (name: "KeyReady" | "KeyReshared", address: string, toBlock: number): Promise<readonly MirroredLog[]> =>
    vault.logs.find({ address, topic0: eventTopic(name), fromBlock: next, toBlock });

  const activeKeyOf = (log: MirroredLog): ActiveKey | undefined => {
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
  };

  return {
    asOf: async ({ number }) => {
      if (number < next) return known;
      const { keyGeneration, keyResharing } = contracts.addresses;
      const [ready, reshared] = await Promise.all([read("KeyReady", keyGeneration, number), read("KeyReshared", keyResharing, number)]);
      for (const key of [...ready, ...reshared].flatMap((log) => activeKeyOf(log) ?? []))
        if (key.epoch > (known.get(key.keyId)?.epoch ?? 0)) known.set(key.keyId, key);
      next = number + 1;
      return known;
    },
  };
};
