import { ERROR_CODES } from "@keyquorum/wire";
import { type BlockRef, blockByNumber } from "./blocks.ts";
import { asUnavailable, ChainUnavailableError, isBusy, RpcError } from "./errors.ts";
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

  const final =
    finality.kind === "finalized"
      ? await finalizedBlock(rpc, options)
      : await blockByNumber(rpc, Math.max(0, head.number - finality.blocks), options);
  if (final === undefined) return undefined; // the chain got shorter meanwhile
  const again = await blockByNumber(rpc, head.number, options);
  return again?.hash === head.hash && final.number <= head.number ? { head, final } : undefined;
};

/**
 * A node without finality answers null, or an error by any number (-39001, -32602, -32000). An error counts as that when it comes twice, from a node
 * that has just said its newest block.
 */
const finalizedBlock = async (rpc: Rpc, options: RpcOptions | undefined): Promise<BlockRef> => {
  const look = () => blockByNumber(rpc, "finalized", options);
  const again = (error: unknown): Promise<BlockRef | undefined> => {
    if (!(error instanceof RpcError) || isBusy(error)) throw error;
    return look().catch((second: unknown) => {
      throw second instanceof RpcError && !isBusy(second) ? noFinalizedBlock(second) : second;
    });
  };
  const found = await look().catch(again);
  if (found === undefined) throw noFinalizedBlock();
  return found;
};

const noFinalizedBlock = (cause?: RpcError): ChainUnavailableError => {
  const { meaning, action } = ERROR_CODES.NO_FINALIZED_BLOCK;
  return new ChainUnavailableError(
    "NO_FINALIZED_BLOCK",
    `${meaning} ${action}`,
    cause === undefined ? {} : { cause, details: { rpcCode: cause.rpcCode } },
  );
};

const missing = (what: string): ChainUnavailableError =>
  new ChainUnavailableError("BLOCK_GONE", `The node has no ${what}. Check the node.`);
