import { KeyquorumError, parseRequestId, type RequestId } from "@keyquorum/wire";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { Chain } from "../chain/chain.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import type { CallOptions } from "../options.ts";
import type { TransactionSummary } from "../types.ts";
import { findRequest, type OnChainRequest, statementWords } from "./findRequest.ts";
import { readPrice } from "./postShareRequest.ts";
import { type OnChainMode, requestContractOf } from "./requestContract.ts";

/** Returns what one answer costs on chain now, in wei; a request pays q of them. Default: of the verified mode. Throws INVALID_VALUE, CHAIN_UNAVAILABLE. */
export const price = action(
  "price",
  async (chain: Chain, { mode = "verified", signal }: CallOptions & { readonly mode?: OnChainMode } = {}): Promise<bigint> =>
    readPrice(chain, requestContractOf(chain, mode), signal),
);

/** Returns what the chain recorded of a request of either mode. Throws UNKNOWN_REQUEST, CHAIN_UNAVAILABLE. */
export const onChainRequest = action(
  "onChainRequest",
  async (chain: Chain, requestId: RequestId | string, { signal }: CallOptions = {}): Promise<OnChainRequest> =>
    findRequest(chain, parseRequestId(requestId), signal),
);

/**
 * Pays back, to the requester, what a request that is over paid for answers that did not come. Anyone may call it; an optimistic request is settled by it.
 * Throws NO_SIGNER, UNKNOWN_REQUEST, TRANSACTION_REFUSED (still pending, nothing to refund), CHAIN_UNAVAILABLE.
 */
export const refund = action(
  "refund",
  async (client: Client, id: RequestId | string, { signal }: CallOptions = {}): Promise<TransactionSummary> => {
    const { contracts } = await client.signing(signal);
    const requestId = parseRequestId(id);
    const { contract, statement } = await findRequest(client, requestId, signal);
    const send = () => contracts[contract.name].refund(requestId, statementWords(statement));
    return summaryOf(await client.calls.transact("The refund", send, signal));
  },
);

/**
 * Settles an optimistic request after its window: its first q answers that stand are paid. Anyone may call it.
 * Throws NO_SIGNER, UNKNOWN_REQUEST, INVALID_VALUE (a verified request needs none), TRANSACTION_REFUSED, CHAIN_UNAVAILABLE.
 */
export const settle = action(
  "settle",
  async (client: Client, id: RequestId | string, { signal }: CallOptions = {}): Promise<TransactionSummary> => {
    const { contracts } = await client.signing(signal);
    const requestId = parseRequestId(id);
    const { contract } = await findRequest(client, requestId, signal);
    if (contract.mode !== "optimistic")
      throw new KeyquorumError("INVALID_VALUE", "A verified request pays its answers at once; only optimistic requests are settled.", {
        details: { requestId },
      });
    return summaryOf(await client.calls.transact("The settlement", () => contracts.optimisticRequests.settle(requestId), signal));
  },
);
