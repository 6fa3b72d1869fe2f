import { ERROR_CODES } from "@keyquorum/wire";
import { type BlockRef, blockByNumber } from "./blocks.ts";
import { asUnavailable, ChainUnavailableError, isBusy, RpcError } from "./errors.ts";
import type { Finality } from "./finality.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";

/** The newest block (H) and the newest final one (F), on one chain: PROTOCOL section 4.4. */
export type Heads = { readonly head: BlockRef; readonly final: BlockRef };

const TRIES = 3;

/** Reads H and F, on one chain. Throws `ChainUnavailableError`: the node has no such block (yet), is inconsistent, or its chain moves too fast. */
export type ReadHeads = (options?: RpcOptions) => Promise<Heads>;

/**
 * Looks at a chain again and again: H and F in one question, then, where either is new, in a second one whether both are on the chain now, so that F
 * lies on H's. That it does follows from their hashes and is remembered of the last two. A reorg in between is read again, up to three times.
 */
export const createHeadReader = (rpc: Rpc, finality: Finality): ReadHeads => {
  let last: Heads | undefined;
  return async (options) => {
    try {
      for (let tried = 0; tried < TRIES; tried += 1) {
        const heads = await tryHeads(rpc, finality, last, options);
        if (heads === undefined) continue;
        last = heads;
        return heads;
      }
    } catch (error) {
      throw asUnavailable(error);
    }
    throw new ChainUnavailableError(
      "BAD_RESPONSE",
      "The chain's newest blocks changed while they were read, several times. Check the node or ask again later.",
    );
  };
};

/** One look, as `createHeadReader` does its first. */
export const readHeads = (rpc: Rpc, finality: Finality, options?: RpcOptions): Promise<Heads> => createHeadReader(rpc, finality)(options);

/** Undefined: the chain moved meanwhile. */
const tryHeads = async (
  rpc: Rpc,
  finality: Finality,
  last: Heads | undefined,
  options: RpcOptions | undefined,
): Promise<Heads | undefined> => {
  if (finality.kind === "finalized") {
    const [head, final] = await both(newestBlock(rpc, options), finalizedBlock(rpc, options));
    const areKnown = last !== undefined && last.head.hash === head.hash && last.final.hash === final.hash;
    if (areKnown || final.hash === head.hash) return { head, final };
    const [again, under] = await both(blockByNumber(rpc, head.number, options), blockByNumber(rpc, final.number, options));
    return again?.hash === head.hash && under?.hash === final.hash && final.number <= head.number ? { head, final } : undefined;
  }
  const head = await newestBlock(rpc, options);
  if (finality.blocks === 0) return { head, final: head };
  if (last !== undefined && last.head.hash === head.hash) return { head, final: last.final };
  const [final, again] = await both(
    blockByNumber(rpc, Math.max(0, head.number - finality.blocks), options), // none: the chain got shorter meanwhile
    blockByNumber(rpc, head.number, options),
  );
  return final !== undefined && again?.hash === head.hash ? { head, final } : undefined;
};

/** Asks for two in one question. Both end before the first failure is thrown, so that none is left behind. */
const both = async <First, Second>(first: Promise<First>, second: Promise<Second>): Promise<[First, Second]> => {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === "rejected") throw one.reason;
  if (other.status === "rejected") throw other.reason;
  return [one.value, other.value];
};

const newestBlock = async (rpc: Rpc, options: RpcOptions | undefined): Promise<BlockRef> => {
  const head = await blockByNumber(rpc, "latest", options);
  if (head === undefined) throw missing("newest block");
  return head;
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
