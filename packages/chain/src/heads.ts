import { type BlockRef, blockByNumber } from "./blocks.ts";
import { asUnavailable, ChainUnavailableError } from "./errors.ts";
import type { Finality } from "./finality.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";

/** The newest block (H) and the newest final one (F), on one chain: PROTOCOL section 4.4. */
export type Heads = { readonly head: BlockRef; readonly final: BlockRef };

const TRIES = 3;

/**
 * Reads H, then F, then checks that H is still canonical, so that F lies on H's chain. A reorg in between is read again, up to three times.
 * Throws `ChainUnavailableError`: the node has no such block (yet), is inconsistent, or its chain moves too fast.
 */
export const readHeads = async (rpc: Rpc, finality: Finality, options?: RpcOptions): Promise<Heads> => {
  try {
    for (let tried = 0; tried < TRIES; tried += 1) {
      const heads = await tryHeads(rpc, finality, options);
      if (heads !== undefined) return heads;
    }
  } catch (error) {
    throw asUnavailable(error);
  }
  throw new ChainUnavailableError(
    "BAD_RESPONSE",
    "The chain's newest blocks changed while they were read, several times. Check the node or ask again later.",
  );
};

const tryHeads = async (rpc: Rpc, finality: Finality, options: RpcOptions | undefined): Promise<Heads | undefined> => {
  const head = await blockByNumber(rpc, "latest", options);
  if (head === undefined) throw missing("newest block");
  if (finality.kind === "confirmations" && finality.blocks === 0) return { head, final: head };

  const asked = finality.kind === "finalized" ? "finalized" : Math.max(0, head.number - finality.blocks);
  const final = await blockByNumber(rpc, asked, options);
  if (final === undefined) {
    if (finality.kind === "finalized") throw missing("finalized block yet");
    return undefined; // the chain got shorter meanwhile
  }
  const again = await blockByNumber(rpc, head.number, options);
  return again?.hash === head.hash && final.number <= head.number ? { head, final } : undefined;
};

const missing = (what: string): ChainUnavailableError =>
  new ChainUnavailableError("BLOCK_GONE", `The node has no ${what}. Wait, or set finality to a number of confirmations.`);
