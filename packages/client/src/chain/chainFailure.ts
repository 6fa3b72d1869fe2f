import { decodeContractError, nodeFailureOf, nodeFailureSentence } from "@keyquorum/bindings";
import { KeyquorumError } from "@keyquorum/wire";
import { walletRefusal } from "../wallets/walletFailure.ts";

// What contracts and nodes may say is long: import this by `await import` where a page would otherwise load it at first.

/** Which code a contract's refusal gets: a question cannot be "the transaction was refused". */
type Refused = "CALL_REFUSED" | "TRANSACTION_REFUSED";

/**
 * A failure of ethers or of a wallet as one of ours: what a wallet or its user refuses (ACTION_REJECTED and others); what a contract refuses, by its own
 * name; what the account lacks; and everything else as the chain being out of reach, with the reason in `details.reason` (bindings' `nodeFailureOf`).
 * Messages of ethers may carry the RPC's URL and its key, so they are not passed on.
 */
export const chainFailure = (what: string, error: unknown, refused: Refused): Error => {
  if (error instanceof KeyquorumError) return error;
  if (refused === "TRANSACTION_REFUSED") {
    const refusal = walletRefusal(what, error);
    if (refusal !== undefined) return refusal;
  }
  const word = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
  const account = ACCOUNT_SENTENCES[word];
  if (account !== undefined) return new KeyquorumError(refused, `${what}: ${account}`, { details: { error: word }, cause: error });

  const failure = nodeFailureOf(error);
  const details = { error: word, ...failure };
  if (failure.reason !== "REVERTED")
    return new KeyquorumError("CHAIN_UNAVAILABLE", `${what}: ${nodeFailureSentence(failure)}`, { details, cause: error });
  const decoded = decodeContractError(error);
  const sentence = decoded?.sentence ?? nodeFailureSentence(failure);
  return new KeyquorumError(refused, `${what}: ${sentence}`, { details: { error: decoded?.name ?? word }, cause: error });
};

/** Whether a node gave it as its answer by JSON-RPC, and not because it is asked too often. */
export const isNodesWord = (error: unknown): boolean => {
  const { rpcCode, status, reason } = nodeFailureOf(error);
  return rpcCode !== undefined && status === undefined && reason !== "RATE_LIMITED";
};

/** Codes of ethers that are the caller's to mend. */
const ACCOUNT_SENTENCES: Readonly<Record<string, string>> = {
  INSUFFICIENT_FUNDS: "the account has too little ether for it.",
  ACTION_REJECTED: "the wallet's user declined it.",
  NONCE_EXPIRED: "another transaction of this account took its place; send it again.",
  REPLACEMENT_UNDERPRICED: "another transaction of this account is pending; wait for it.",
};
