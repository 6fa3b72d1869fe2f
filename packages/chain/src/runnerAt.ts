import { type ContractRunner, makeError } from "ethers";
import { callAt } from "./calls.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";

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
    const result = await callAt(
      rpc,
      { to, data: data ?? "0x", from: from ?? undefined, gas: gasLimit === undefined || gasLimit === null ? undefined : BigInt(gasLimit) },
      blockHash,
      options,
    );
    if (result.kind === "returned") return result.data;
    throw makeError("execution reverted", "CALL_EXCEPTION", {
      action: "call",
      data: result.data,
      reason: null,
      transaction: { to, data: data ?? "0x" },
      invocation: null,
      revert: null,
    });
  },
});
