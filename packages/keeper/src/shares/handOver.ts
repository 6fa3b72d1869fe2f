import type { BlockRef } from "@keyquorum/chain";
import type { KeyId } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import { MARGIN_SECONDS } from "./erasureWait.ts";

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

/** Reads everything again each time: what providers said once, by mistake or in bad faith, must not stay true. Throws ChainUnavailableError. */
export const createHandOver = ({ reader }: { readonly reader: ChainReader }): HandOver => {
  const timesOf = (keyId: KeyId, epoch: number, hash: string): Promise<[retiredAt: bigint, lives: bigint]> => {
    const at = reader.at(hash);
    return Promise.all([at.retiredAtOf(keyId, epoch), at.requestLifetime()]);
  };

  return {
    stateOf: async ({ keyId, epoch }, { hash, timestamp }) => {
      const active = (await reader.at(hash).keyOf(keyId))?.activeEpoch ?? 0;
      if (epoch >= active) return epoch === active ? "active" : "later";
      const [retiredAt, lives] = await timesOf(keyId, epoch, hash);
      if (retiredAt === 0n) return "never";
      return BigInt(timestamp) < retiredAt + lives ? "handingOver" : "retired";
    },
    isOver: async ({ keyId, epoch }, { hash, timestamp }) => {
      const [retiredAt, lives] = await timesOf(keyId, epoch, hash);
      return retiredAt !== 0n && BigInt(timestamp) > retiredAt + lives + MARGIN_SECONDS;
    },
  };
};
