import { KeyquorumError } from "@keyquorum/wire";
import type { BlockTag, TransactionRequest } from "ethers";
import type { Chain } from "./chain.ts";
import { countSwitches } from "./chainSwitches.ts";
import { type JoinedQuestion, joinCalls, splitAnswers } from "./joinedCalls.ts";

/**
 * Calls that nobody needs to make twice at the same time, to one chain of a wallet. One whose answer somebody gave up on is joined by nobody else.
 * Throws as `calls.read`.
 */
export const askOnce = async (chain: Chain, what: string, call: TransactionRequest, signal?: AbortSignal): Promise<string> => {
  const { calls, provider, memory } = chain;
  let [name, asked]: [string, Promise<string>?] = [""];
  const forget = (): void => {
    if (memory?.asking.get(name) === asked) memory?.asking.delete(name);
  };
  const ask = (): Promise<string> => {
    name = `${countSwitches(provider)} ${call.blockTag} ${call.to} ${call.data}`;
    asked = memory?.asking.get(name) ?? provider.call(call);
    memory?.asking.set(name, asked);
    asked.then(forget, forget);
    return asked;
  };
  return calls.read(what, ask, signal).finally(forget);
};

/**
 * Makes calls that depend on each other by one question, and returns their answers and what came behind them. Undefined where one of them fails, or the node does not answer such
 * a question: then whoever asks makes them one by one, and learns which it was. Throws WRONG_CHAIN, DEPLOYMENT_MISSING, CHAIN_UNAVAILABLE.
 */
export const askJoined = async (
  chain: Chain,
  joined: JoinedQuestion,
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
