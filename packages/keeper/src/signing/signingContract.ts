import { nameOfState, SIGNING_STATUSES, type SigningStatus, viewsOf } from "@keyquorum/bindings";
import { askerAt } from "@keyquorum/chain";
import type { Address, Hash32 } from "@keyquorum/wire";
import { refuseBadAnswers } from "../contracts/badAnswers.ts";
import type { Core } from "../run/core.ts";

/** What SigningRequests says at one block, named by its hash. Throws ChainUnavailableError when the chain cannot be asked. */
export type SigningContractAt = { readonly statusOf: (requestId: Hash32) => Promise<SigningStatus> };

/** Where signing requests are taken, as this keeper's deployment has it. */
export type SigningContract = { readonly address: Address; readonly at: (blockHash: string) => SigningContractAt };

/** Undefined where the deployment has none: keys of this deployment sign nothing. */
export const signingContractOf = ({ rpc, contracts }: Pick<Core, "rpc" | "contracts">): SigningContract | undefined => {
  const address = contracts.addresses.signingRequests;
  if (address === undefined) return undefined;
  return {
    address,
    at: (blockHash) => {
      const { signingRequests } = viewsOf(contracts.deployment, askerAt(rpc, blockHash));
      return refuseBadAnswers({
        statusOf: async (requestId) => nameOfState(SIGNING_STATUSES, await signingRequests.statusOf(requestId)),
      });
    },
  };
};
