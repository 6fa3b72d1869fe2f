import type { LocalChain } from "./localChain.ts";
import { mineUpTo } from "./mineAtOnce.ts";

/** KeyGeneration or KeyResharing, as far as phases go. */
export type Sessions = Record<"statusOf" | "phaseEndOf", (sid: string, at: { readonly blockTag: number }) => Promise<bigint>>;

/** A session's status, and the last block of its phase (0: no block ends it), both as of `block`. */
export type Phase = { readonly status: number; readonly end: number; readonly block: number };

export const phaseOf = async ({ provider }: Pick<LocalChain, "provider">, sessions: Sessions, sid: string): Promise<Phase> => {
  const blockTag = await provider.getBlockNumber();
  const [status, end] = await Promise.all([sessions.statusOf(sid, { blockTag }), sessions.phaseEndOf(sid, { blockTag })]);
  return { status: Number(status), end: Number(end), block: blockTag };
};

/**
 * Mines what is left of a session's phase, at once. Takes the phase as it was read, never its end alone: read a block later, that is the end of the next
 * phase, and keepers would have no time for it.
 */
export const mineRestOf = (chain: Pick<LocalChain, "send" | "provider">, { end }: Phase): Promise<void> => mineUpTo(chain, end);
