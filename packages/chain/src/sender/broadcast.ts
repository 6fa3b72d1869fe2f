import { ChainUnavailableError, RpcError } from "../errors.ts";
import type { Rpc, RpcOptions } from "../rpc.ts";
import type { SenderAttempt } from "./types.ts";

/**
 * What became of sending a signed transaction. known: the node has it. refused: the node answered with an error and does not know it.
 * unknown: no usable answer; it may have got through.
 */
export type Broadcast =
  | { readonly kind: "known" }
  | { readonly kind: "refused"; readonly error: RpcError }
  | { readonly kind: "unknown"; readonly error: Error };

/** Sends an attempt. An error does not say whether it is new, known or unusable, so the node is asked whether it has it: texts are never read (D28). */
export const broadcast = async (rpc: Rpc, attempt: SenderAttempt, options?: RpcOptions): Promise<Broadcast> => {
  try {
    await rpc.send("eth_sendRawTransaction", [attempt.raw], options);
    return { kind: "known" };
  } catch (error) {
    if (error instanceof ChainUnavailableError) return { kind: "unknown", error };
    if (!(error instanceof RpcError)) throw error;
    return (await isKnown(rpc, attempt, options)) ? { kind: "known" } : { kind: "refused", error };
  }
};

/** Whether the node has a transaction, waiting or in a block. */
export const isKnown = async (rpc: Rpc, { hash }: SenderAttempt, options?: RpcOptions): Promise<boolean> =>
  (await rpc.send("eth_getTransactionByHash", [hash], options)) !== null;
