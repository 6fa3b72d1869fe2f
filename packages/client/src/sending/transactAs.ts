import type { Contracts } from "@keyquorum/bindings";
import type { ContractTransactionResponse } from "ethers";
import type { Client } from "../bareClient.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import type { TransactionSummary } from "../types.ts";

/**
 * Sends a transaction of the signer's and waits until it is mined. `what` names it for people: "The grant".
 * Throws NO_SIGNER, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE and the others of `ChainCalls.transact`; the signal's reason.
 */
export const transactAs = async (
  { calls, signing }: Pick<Client, "calls" | "signing">,
  what: string,
  send: (contracts: Contracts) => Promise<ContractTransactionResponse>,
  signal: AbortSignal | undefined,
): Promise<TransactionSummary> => {
  const { contracts } = await signing(signal);
  return summaryOf(await calls.transact(what, () => send(contracts), signal));
};
