import type { ContractName } from "@keyquorum/bindings";

/**
 * The contracts that take requests for shares: ShareRequests verifies each answer, OptimisticRequests lets it stand until it is proved wrong.
 * PROTOCOL sections 5.1 and 5.5.
 */
export const REQUEST_CONTRACTS = ["shareRequests", "optimisticRequests"] as const satisfies readonly ContractName[];
export type RequestContract = (typeof REQUEST_CONTRACTS)[number];
