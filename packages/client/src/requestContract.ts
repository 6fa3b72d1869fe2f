import type { ContractName } from "@keyquorum/bindings";
import type { Address } from "@keyquorum/wire";
import type { Chain } from "./chain.ts";

/** How answers come to the chain: verified when they are posted, or only where somebody proves one wrong. PROTOCOL sections 5.2 and 5.5. */
export type OnChainMode = "verified" | "optimistic";

/** The contract that takes requests of a mode. */
export type RequestContract = {
  readonly mode: OnChainMode;
  readonly name: ContractName & ("shareRequests" | "optimisticRequests");
  readonly address: Address;
};

/** The deployment's contract for a mode. */
export const requestContractOf = ({ deployment }: Chain, mode: OnChainMode): RequestContract => {
  const name = mode === "verified" ? "shareRequests" : "optimisticRequests";
  return { mode, name, address: deployment.contracts[name] as Address }; // a deployment's addresses are lower case
};
