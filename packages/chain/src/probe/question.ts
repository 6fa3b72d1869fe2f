import { type BlockRef, parseBlock } from "../blocks.ts";
import { ChainUnavailableError, isBusy, RpcError } from "../errors.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";

/** How a node took a question. "refused": it answered with an error; "failed": nothing usable came, which says nothing about the chain. */
export type Reply =
  | { readonly kind: "answered"; readonly result: unknown }
  | { readonly kind: "refused"; readonly rpcCode: number }
  | { readonly kind: "failed"; readonly why: string };

/** Asks once. What cannot be known from it is a value and never an error, except that the caller gave up. */
export const ask = async (rpc: Rpc, method: string, params: readonly unknown[], options?: RpcOptions): Promise<Reply> => {
  try {
    return { kind: "answered", result: await rpc.send(method, params, options) };
  } catch (error) {
    if (options?.signal?.aborted) throw error;
    if (error instanceof RpcError && isBusy(error)) return { kind: "failed", why: "the node has too much to do" };
    if (error instanceof RpcError) return { kind: "refused", rpcCode: error.rpcCode };
    if (error instanceof ChainUnavailableError) return { kind: "failed", why: error.message };
    throw error;
  }
};

export type BlockTagOrHash = "latest" | { readonly blockHash: string };

/** Runs creation code: the 32 bytes that it returns, as a number. A refusal: the node answered with an error, or with other bytes. */
export const run = async (
  rpc: Rpc,
  code: string,
  at: BlockTagOrHash,
  options?: RpcOptions,
): Promise<Reply & { readonly word?: bigint }> => {
  const block = at === "latest" ? at : { ...at, requireCanonical: true };
  const reply = await ask(rpc, "eth_call", [{ data: code }, block], options);
  if (reply.kind !== "answered") return reply;
  const { result } = reply;
  const isWord = typeof result === "string" && /^0x[0-9a-fA-F]{64}$/.test(result);
  return isWord ? { ...reply, word: BigInt(result) } : { kind: "refused", rpcCode: 0 };
};

/** A block's header; undefined where the node says that it has none. */
export const headerOf = async (
  rpc: Rpc,
  block: string,
  options?: RpcOptions,
): Promise<Exclude<Reply, { kind: "answered" }> | { readonly kind: "answered"; readonly block: BlockRef | undefined }> => {
  const reply = await ask(rpc, "eth_getBlockByNumber", [block, false], options);
  if (reply.kind !== "answered") return reply;
  try {
    return { kind: "answered", block: parseBlock("eth_getBlockByNumber", reply.result) };
  } catch (error) {
    if (error instanceof ChainUnavailableError) return { kind: "failed", why: error.message };
    throw error;
  }
};
