import type { BlockRef, Heads } from "@keyquorum/chain";
import type { KeyId } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";

/**
 * How a key stands in an epoch. PROTOCOL section 3.9.
 * active: in the final block or at the head. handingOver: it left, but requests that pinned the epoch may live still.
 * retired: it left longer ago than a request lives. later: it is not active there yet. never: it was not, and will not be.
 */
export type EpochState = "active" | "handingOver" | "retired" | "later" | "never";

export type HandOver = {
  readonly stateOf: (key: { readonly keyId: KeyId; readonly epoch: number }, heads: Heads) => Promise<EpochState>;
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

  return {
    stateOf: async ({ keyId, epoch }, { head, final }) => {
      const [atHead, atFinal] = await Promise.all([reader.at(head.hash).keyOf(keyId), reader.at(final.hash).keyOf(keyId)]);
      const active = [atHead?.activeEpoch ?? 0, atFinal?.activeEpoch ?? 0];
      if (active.includes(epoch)) return "active";
      const [retiredAt, lives] = await Promise.all([reader.at(head.hash).retiredAtOf(keyId, epoch), lifetimeAt(head.hash)]);
      if (retiredAt === 0n) return epoch > Math.max(...active) ? "later" : "never";
      return BigInt(final.timestamp) < retiredAt + lives ? "handingOver" : "retired";
    },
    isOver: async ({ keyId, epoch }, { hash, timestamp }) => {
      const [retiredAt, lives] = await Promise.all([reader.at(hash).retiredAtOf(keyId, epoch), lifetimeAt(hash)]);
      return retiredAt !== 0n && BigInt(timestamp) > retiredAt + lives + MARGIN_SECONDS;
    },
  };
};
