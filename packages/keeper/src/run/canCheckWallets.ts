import { blockByNumber, ChainUnavailableError, type Rpc, verifySignature } from "@keyquorum/chain";
import { type Address, ZERO_ADDRESS, ZERO_HASH } from "@keyquorum/wire";

/**
 * Whether a node runs creation code by eth_call with the gas that checking a contract account's signature takes (PROTOCOL section 5.1). Where it does
 * not, readers with contract accounts are told UNAVAILABLE; all others are served. Throws ChainUnavailableError when the node cannot be asked.
 */
export const canCheckWallets = async (rpc: Rpc, shareRequests: Address): Promise<boolean> => {
  const head = await blockByNumber(rpc, "latest");
  if (head === undefined) throw new ChainUnavailableError("BLOCK_GONE", "The node has no newest block. Check the node.");
  try {
    const nobody = { account: ZERO_ADDRESS, digest: ZERO_HASH, signature: Uint8Array.of(1) };
    await verifySignature({ rpc, from: shareRequests }, nobody, { head, final: head });
    return true;
  } catch (error) {
    if (error instanceof ChainUnavailableError && error.reason === "SIMULATION_FAILED") return false;
    throw error;
  }
};
