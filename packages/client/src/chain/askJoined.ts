import { KeyquorumError } from "@keyquorum/wire";
import type { BlockTag, TransactionRequest } from "ethers";
import type { Chain } from "./chain.ts";
import { type JoinedCall, joinCalls, splitAnswers } from "./joinedCalls.ts";

/** Calls that nobody needs to make twice at the same time. Throws as `calls.read`. */
export const askOnce = (chain: Chain, what: string, call: TransactionRequest, signal?: AbortSignal): Promise<string> => {
  const { calls, provider, memory } = chain;
  const name = `${call.blockTag} ${call.to} ${call.data}`;
  const ask = (): Promise<string> => {
    const asking = memory?.asking.get(name) ?? provider.call(call).finally(() => memory?.asking.delete(name));
    memory?.asking.set(name, asking);
    return asking;
  };
  return calls.read(what, ask, signal);
};

/**
 * Makes calls that depend on each other by one question, and returns their answers. Undefined where one of them fails, or the node does not answer such
 * a question: then whoever asks makes them one by one, and learns which it was. Throws WRONG_CHAIN, DEPLOYMENT_MISSING, CHAIN_UNAVAILABLE.
 */
export const askJoined = async (
  chain: Chain,
  joined: readonly JoinedCall[],
  { what, blockTag, signal }: { readonly what: string; readonly blockTag: BlockTag; readonly signal?: AbortSignal | undefined },
): Promise<readonly string[] | undefined> => {
  try {
    return splitAnswers(joined, await askOnce(chain, what, { data: joinCalls(joined), blockTag }, signal));
  } catch (error) {
    if (error instanceof KeyquorumError && (error.code === "CALL_REFUSED" || REFUSALS.has(String(error.details.reason)))) return undefined;
    throw error;
  }
};

/** The node's answers to a question that it does not take. */
const REFUSALS: ReadonlySet<string> = new Set(["RPC_ERROR", "UNSUPPORTED", "BLOCK_MISSING", "BAD_RESPONSE"]);
