import type { LocalChain } from "./localChain.ts";
import { mineUpTo } from "./mineAtOnce.ts";

/** KeyGeneration or KeyResharing, as far as phases go. */
export type Sessions = Record<"statusOf" | "phaseEndOf", (sid: string, at: { readonly blockTag: number }) => Promise<bigint>>;

/** A session's status as of `block`, and the last block of its phase; 0: no block ends it, or the phase began with this block. */
export type Phase = { readonly status: number; readonly end: number; readonly block: number };

/**
 * Takes the end from the block before: a node that makes a block just then may answer about its head as of the one after it, where another phase may
 * have begun.
 */
export const phaseOf = async ({ provider }: Pick<LocalChain, "provider">, sessions: Sessions, sid: string): Promise<Phase> => {
  const block = await provider.getBlockNumber();
  const earlier = { blockTag: Math.max(0, block - 1) };
  const [status, before, end] = await Promise.all([
    sessions.statusOf(sid, { blockTag: block }),
    sessions.statusOf(sid, earlier),
    sessions.phaseEndOf(sid, earlier),
  ]);
  return { status: Number(status), end: status === before ? Number(end) : 0, block };
};

/**
 * Mines what is left of a session's phase, at once. Takes the phase as it was read, never its end alone: read a block later, that is the end of the next
 * phase, and keepers would have no time for it.
 */
export const mineRestOf = (chain: Pick<LocalChain, "send" | "provider">, { end }: Phase): Promise<void> => mineUpTo(chain, end);
