import { type BlockRef, blockByNumber } from "./blocks.ts";
import { callParameter } from "./calls.ts";
import { asUnavailable, ChainUnavailableError, RpcError, WrongChainError } from "./errors.ts";
import { parseBigQuantity, parseData } from "./parse.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";

/** What tells one chain with our contracts from another (D40). Hashes are 32 bytes of lower-case hex. Public. */
export type ChainIdentity = {
  readonly chainId: bigint;
  readonly genesisHash: string;
  /** Address of KeeperRegistry. */
  readonly registry: string;
  /** The block of its deployment. */
  readonly block: number;
  readonly blockHash: string;
};

/** The part of a `Deployment` of bindings that identifies. */
export const identityOf = (deployment: {
  readonly chainId: bigint;
  readonly genesisHash: string;
  readonly block: number;
  readonly blockHash: string;
  readonly contracts: { readonly keeperRegistry: string };
}): ChainIdentity => ({
  chainId: deployment.chainId,
  genesisHash: deployment.genesisHash,
  registry: deployment.contracts.keeperRegistry,
  block: deployment.block,
  blockHash: deployment.blockHash,
});

/**
 * Compares the chain that the RPC serves with the pinned one: chain id, genesis hash, the deployment's block, and that the registry has code there.
 * Also makes sure that the node refuses to call at an unknown block hash: one that ignores the hash would answer as of another block.
 * Throws `WrongChainError` (do not continue) or `ChainUnavailableError` (ask again later; UNSUPPORTED: use another node).
 */
export const verifyIdentity = async (rpc: Rpc, pinned: ChainIdentity, options?: RpcOptions): Promise<void> => {
  try {
    const chainId = parseBigQuantity("eth_chainId", "result", await rpc.send("eth_chainId", [], options));
    compare("the chain id", pinned.chainId.toString(), chainId.toString());
    const genesis = await requireBlock(rpc, 0, options);
    compare("the hash of block 0", pinned.genesisHash, genesis.hash);
    const block = await requireBlock(rpc, pinned.block, options);
    compare(`the hash of the deployment's block ${pinned.block}`, pinned.blockHash, block.hash);
    const code = parseData("eth_getCode", "result", await rpc.send("eth_getCode", [pinned.registry, "latest"], options));
    if (code === "0x") throw new WrongChainError(`the code of the registry at ${pinned.registry}`, "a contract", "empty");
    await requireCallsByHash(rpc, options);
  } catch (error) {
    throw asUnavailable(error);
  }
};

const compare = (field: string, expected: string, found: string): void => {
  if (expected.toLowerCase() !== found.toLowerCase()) throw new WrongChainError(field, expected, found);
};

const requireBlock = async (rpc: Rpc, number: number, options: RpcOptions | undefined): Promise<BlockRef> => {
  const block = await blockByNumber(rpc, number, options);
  if (block === undefined)
    throw new ChainUnavailableError(
      "BLOCK_GONE",
      `The node has no block ${number}. It may still be syncing, or it is a node of another chain.`,
      { details: { number } },
    );
  return block;
};

const UNKNOWN_HASH = `0x${"5a".repeat(32)}`;

const requireCallsByHash = async (rpc: Rpc, options: RpcOptions | undefined): Promise<void> => {
  const call = callParameter({ to: `0x${"00".repeat(20)}`, data: "0x" });
  try {
    await rpc.send("eth_call", [call, { blockHash: UNKNOWN_HASH, requireCanonical: true }], options);
  } catch (error) {
    if (error instanceof RpcError) return;
    throw error;
  }
  throw new ChainUnavailableError(
    "UNSUPPORTED",
    "The node answers eth_call for a block hash that does not exist (it ignores EIP-1898). Use another node.",
  );
};
