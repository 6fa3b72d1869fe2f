import type { ContractName } from "@keyquorum/bindings";
import { type Address, KeyquorumError } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";

/** How answers come to the chain: verified when they are posted, or only where somebody proves one wrong. PROTOCOL sections 5.2 and 5.5. */
export type OnChainMode = "verified" | "optimistic";

/** The contract that takes requests of a mode. */
export type RequestContract = {
  readonly mode: OnChainMode;
  readonly name: ContractName & ("shareRequests" | "optimisticRequests");
  readonly address: Address;
};

/** The deployment's contract for a mode. Throws INVALID_VALUE for what is none. */
export const requestContractOf = ({ deployment }: Chain, mode: OnChainMode): RequestContract => {
  if (mode !== "verified" && mode !== "optimistic")
    throw new KeyquorumError("INVALID_VALUE", "mode is verified or optimistic.", { details: { field: "mode" } });
  const name = mode === "verified" ? "shareRequests" : "optimisticRequests";
  return { mode, name, address: deployment.contracts[name] as Address }; // a deployment's addresses are lower case
};
