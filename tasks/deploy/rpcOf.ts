import { nodeFailureOf, nodeFailureSentence } from "@keyquorum/bindings";
import { ChainUnavailableError, type Rpc, RpcError } from "@keyquorum/chain";

/** A provider of ethers as the plain RPC that `chain` asks. Its messages may hold the RPC's URL with its key, so they go no further. */
export const rpcOf = (provider: { readonly send: (method: string, params: unknown[]) => Promise<unknown> }): Rpc => ({
  send: async (method, params, { signal } = {}) => {
    signal?.throwIfAborted();
    try {
      return await provider.send(method, [...params]);
    } catch (error) {
      const failure = nodeFailureOf(error);
      const { reason, rpcCode, data } = failure;
      if (rpcCode !== undefined && reason !== "RATE_LIMITED") throw new RpcError(method, rpcCode, reason, data);
      throw new ChainUnavailableError("TRANSPORT", nodeFailureSentence(failure));
    }
  },
});
