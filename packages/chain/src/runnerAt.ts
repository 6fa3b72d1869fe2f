import type { AskContract } from "@keyquorum/bindings";
import { type ContractRunner, makeError } from "ethers";
import { type Call, callAt } from "./calls.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";

/**
 * Asks contracts as of one block hash: `viewsOf(deployment, askerAt(rpc, head.hash)).keyGeneration.statusOf(sid)`.
 * Throws ethers' CALL_EXCEPTION when the contract reverts (`decodeContractError` reads it) and `ChainUnavailableError` when the chain cannot be asked.
 */
export const askerAt =
  (rpc: Rpc, blockHash: string, options?: RpcOptions): AskContract =>
  (to, data) =>
    returnedBy(rpc, { to, data }, blockHash, options);

/**
 * Lets typed contracts read as of one block hash: `connectContracts(deployment, runnerAt(rpc, head.hash)).keyGeneration.statusOf(sid)`.
 * It cannot send. Calls throw ethers' CALL_EXCEPTION when the contract reverts (`decodeContractError` reads it) and `ChainUnavailableError` when
 * the chain cannot be asked.
 */
export const runnerAt = (rpc: Rpc, blockHash: string, options?: RpcOptions): ContractRunner => ({
  provider: null,
  call: async (request) => {
    const { to, from, data, gasLimit } = request;
    if (typeof to !== "string" || (from !== undefined && from !== null && typeof from !== "string"))
      throw new TypeError("runnerAt takes addresses as hex only.");
    const call = {
      to,
      data: data ?? "0x",
      from: from ?? undefined,
      gas: gasLimit === undefined || gasLimit === null ? undefined : BigInt(gasLimit),
    };
    return returnedBy(rpc, call, blockHash, options);
  },
});

const returnedBy = async (
  rpc: Rpc,
  call: Call & { readonly to: string },
  blockHash: string,
  options: RpcOptions | undefined,
): Promise<string> => {
  const result = await callAt(rpc, call, blockHash, options);
  if (result.kind === "returned") return result.data;
  throw makeError("execution reverted", "CALL_EXCEPTION", {
    action: "call",
    data: result.data,
    reason: null,
    transaction: { to: call.to, data: call.data },
    invocation: null,
    revert: null,
  });
};
