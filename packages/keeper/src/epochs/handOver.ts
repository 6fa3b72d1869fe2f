import type { BlockRef } from "@keyquorum/chain";
import type { KeyId } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";

/**
 * How a key stands in an epoch as of a final block: what only the head says may be taken back, and a receipt of an epoch that never came to be would
 * convict who signed it. PROTOCOL section 3.9.
 * active: it is in it. handingOver: it left, but requests that pinned the epoch may live still. retired: it left longer ago than a request lives.
 * later: it is not active there yet. never: it was not, and will not be.
 */
export type EpochState = "active" | "handingOver" | "retired" | "later" | "never";

export type HandOver = {
  readonly stateOf: (key: { readonly keyId: KeyId; readonly epoch: number }, final: BlockRef) => Promise<EpochState>;
  /** Whether shares of a key of an epoch may be erased as of a final block: nobody can ask for them any more, and a margin is over. */
  readonly isOver: (key: { readonly keyId: KeyId; readonly epoch: number }, final: BlockRef) => Promise<boolean>;
};

/** For requests that are being answered when the time is up, in seconds. */
const MARGIN_SECONDS = 60n;

/** Throws ChainUnavailableError. */
export const createHandOver = ({ reader }: { readonly reader: ChainReader }): HandOver => {
  let lifetime: bigint | undefined;
  /** Immutable in both contracts. */
  const lifetimeAt = async (hash: string): Promise<bigint> => {
    lifetime ??= await reader.at(hash).requestLifetime();
    return lifetime;
  };

  /** What a final block says of a key's leaving stays so. Every share of a former epoch is asked for again and again until it is erased. */
  const left = new Map<string, bigint>();
  const retiredAtOf = async (keyId: KeyId, epoch: number, hash: string): Promise<bigint> => {
    const name = `${keyId}:${epoch}`;
    const retiredAt = left.get(name) ?? (await reader.at(hash).retiredAtOf(keyId, epoch));
    if (retiredAt !== 0n) left.set(name, retiredAt);
    return retiredAt;
  };

  return {
    stateOf: async ({ keyId, epoch }, { hash, timestamp }) => {
      const active = (await reader.at(hash).keyOf(keyId))?.activeEpoch ?? 0;
      if (epoch >= active) return epoch === active ? "active" : "later";
      const [retiredAt, lives] = await Promise.all([retiredAtOf(keyId, epoch, hash), lifetimeAt(hash)]);
      if (retiredAt === 0n) return "never";
      return BigInt(timestamp) < retiredAt + lives ? "handingOver" : "retired";
    },
    isOver: async ({ keyId, epoch }, { hash, timestamp }) => {
      const [retiredAt, lives] = await Promise.all([retiredAtOf(keyId, epoch, hash), lifetimeAt(hash)]);
      return retiredAt !== 0n && BigInt(timestamp) > retiredAt + lives + MARGIN_SECONDS;
    },
  };
};
