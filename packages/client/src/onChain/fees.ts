import type { Contracts } from "@keyquorum/bindings";
import { KeyquorumError, type RequestId } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import type { TransactionSummary } from "../types.ts";
import { findRequest, statementWords } from "./findRequest.ts";

type FeeContext = { readonly chain: Chain; readonly contracts: Contracts };

/**
 * Pays back, to who asked, what a request that is over paid for answers that did not come. Anyone may call it; an optimistic request is settled by it.
 * Throws UNKNOWN_REQUEST, TRANSACTION_REFUSED (still pending, nothing to refund), CHAIN_UNAVAILABLE.
 */
export const refundRequest = async (
  { chain, contracts }: FeeContext,
  requestId: RequestId,
  signal?: AbortSignal,
): Promise<TransactionSummary> => {
  const { contract, statement } = await findRequest(chain, requestId, signal);
  const send = () => contracts[contract.name].refund(requestId, statementWords(statement));
  return summaryOf(await chain.calls.transact("The refund", send, signal));
};

/**
 * Settles an optimistic request after its window: its first q answers that stand are paid. Anyone may call it.
 * Throws UNKNOWN_REQUEST, INVALID_VALUE (a verified request needs none), TRANSACTION_REFUSED, CHAIN_UNAVAILABLE.
 */
export const settleRequest = async (
  { chain, contracts }: FeeContext,
  requestId: RequestId,
  signal?: AbortSignal,
): Promise<TransactionSummary> => {
  const { contract } = await findRequest(chain, requestId, signal);
  if (contract.mode !== "optimistic")
    throw new KeyquorumError("INVALID_VALUE", "A verified request is paid as it is answered; only optimistic ones are settled.", {
      details: { requestId },
    });
  return summaryOf(await chain.calls.transact("The settlement", () => contracts.optimisticRequests.settle(requestId), signal));
};
