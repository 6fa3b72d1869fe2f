import { type BlockId, type BlockRef, blockByNumber } from "../blocks.ts";
import { ChainUnavailableError } from "../errors.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import type { FollowerState } from "./state.ts";

/**
 * How what was read lies to the node's chain.
 * same: on it. behind: as far as the node goes, on it; the node has not got further (it lags, or its chain was just cut). reorged: `ancestor` is
 * the newest block that was read and is still canonical; undefined when none of the ring is.
 */
export type Alignment =
  | { readonly kind: "same" }
  | { readonly kind: "behind" }
  | { readonly kind: "reorged"; readonly ancestor: BlockId | undefined };

/**
 * Walks the ring from its newest block down to the common ancestor with the chain of `head`.
 * A missing block above the head proves nothing: only a block with another hash does.
 * Throws `ChainUnavailableError` when the node lacks a block below its own head.
 */
export const alignWith = async (rpc: Rpc, state: FollowerState, head: BlockRef, options?: RpcOptions): Promise<Alignment> => {
  const tip = state.ring.at(-1);
  if (tip !== undefined && head.number === tip.number + 1 && head.parentHash === tip.hash) return { kind: "same" }; // the next block says so itself
  const visible = state.ring.filter(({ number }) => number <= head.number);
  const isBehind = visible.length < state.ring.length;
  for (let index = visible.length - 1; index >= 0; index -= 1) {
    const known = visible[index];
    if (known === undefined) break;
    const found = known.number === head.number ? head : await blockByNumber(rpc, known.number, options);
    if (found === undefined)
      throw new ChainUnavailableError(
        "BLOCK_GONE",
        `The node has no block ${known.number} although its newest is ${head.number}. Check the node.`,
      );
    if (found.hash !== known.hash) continue;
    if (index < visible.length - 1) return { kind: "reorged", ancestor: known };
    return { kind: isBehind ? "behind" : "same" };
  }
  if (visible.length > 0) return { kind: "reorged", ancestor: undefined };
  return { kind: isBehind ? "behind" : "same" };
};
