/** Chains that run on one machine, by the ids that development nodes use. */
const LOCAL_CHAINS: ReadonlySet<bigint> = new Set([1337n, 31337n]);

/** Whether a chain id is one that development nodes use. */
export const isLocalChain = (chainId: bigint): boolean => LOCAL_CHAINS.has(chainId);
