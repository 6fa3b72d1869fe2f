import { DeploymentError, decodeContractError, nodeFailureOf, nodeFailureSentence } from "@keyquorum/bindings";
import { DeployError, HandoverError } from "@keyquorum/bindings/deploy";
import { KeyquorumError, RetrievalError } from "@keyquorum/client";
import { NextEpochNeededError } from "./epoch/receiving.ts";
import { QuorumInDangerError } from "./keepers/removeKeeper.ts";
import { KeysStrandedError } from "./keepers/strandedKeys.ts";
import { KeyFailedError } from "./key/keyFailedError.ts";
import { ReshareFailedError } from "./key/reshareFailedError.ts";
import { shortKey } from "./key/reshareKeys.ts";
import { whatHappened } from "./parse.ts";
import { formatTable } from "./terminal.ts";
import { UsageError } from "./usageError.ts";

/** An error as people and programs are told of it. */
export type Failure = { readonly lines: readonly string[]; readonly data: Readonly<Record<string, unknown>> };

/** One sentence that says what to do, and the table of keepers where there is one. Never a stack trace, never an RPC URL. */
export const describeFailure = (error: unknown): Failure => {
  if (error instanceof RetrievalError) {
    const { code, message, retryable, details, perKeeper } = error;
    const rows = perKeeper.map((failure) => [String(failure.slot), failure.name, failure.code, failure.reason]);
    const table = rows.length === 0 ? [] : ["", ...formatTable(["SLOT", "KEEPER", "CODE", "REASON"], rows)];
    return { lines: [`Error: ${message} (${code})`, ...table], data: { code, message, retryable, details: { ...details, perKeeper } } };
  }
  if (error instanceof KeyquorumError) {
    const { code, retryable, details } = error;
    const message = SELF_SUFFICIENT.has(code) ? whatHappened(error) : error.message;
    const refusal = details.error === undefined ? {} : { error: details.error };
    return { lines: [`Error: ${message} (${code})`], data: { code, ...refusal, message, retryable, details } };
  }
  if (error instanceof KeyFailedError) {
    const { code, message, state } = error;
    const rows = state.culprits.map(({ slot, name, fault }) => [String(slot), name, fault]);
    return {
      lines: [`Error: ${message}`, "", ...formatTable(["SLOT", "KEEPER", "FAULT"], rows)],
      data: { code, message, retryable: true, ...state },
    };
  }
  if (error instanceof ReshareFailedError) {
    const { code, message, failed, done } = error;
    const rows = failed.flatMap(({ keyId, culprits }) =>
      culprits.map(({ slot, name, fault }) => [shortKey(keyId), String(slot), name, fault]),
    );
    return {
      lines: [`Error: ${message}`, "", ...formatTable(["KEY", "SLOT", "KEEPER", "FAULT"], rows)],
      data: { code, message, retryable: true, moved: done, failed },
    };
  }
  if (error instanceof QuorumInDangerError || error instanceof NextEpochNeededError || error instanceof KeysStrandedError) {
    const { code, message, details } = error;
    return { lines: [`Error: ${message}`], data: { code, message, retryable: false, details } };
  }
  if (error instanceof DeployError) {
    const { code, message, retryable } = error;
    return { lines: [`Error: ${message}`], data: { code, message, retryable } };
  }
  if (error instanceof UsageError || error instanceof DeploymentError || error instanceof HandoverError)
    return plainly(error.code, error.message);
  if (error instanceof Error && error.name === "AbortError" && error.cause instanceof Error)
    return plainly("INTERRUPTED", error.cause.message);
  const decoded = decodeContractError(error);
  if (decoded !== undefined) {
    return {
      lines: [`Error: ${decoded.sentence}`],
      data: { code: "TRANSACTION_REFUSED", error: decoded.name, message: decoded.sentence, retryable: false },
    };
  }
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "INTERNAL";
  const sentence = SENTENCES[code];
  if (sentence !== undefined) return plainly(code, sentence);
  if (code === "UNSUPPORTED_OPERATION" && isSigning(error)) return plainly(code, "The account cannot sign this. Use --key-file FILE.");
  if (NODE_CODES.has(code)) return describeNodeFailure(error);
  return plainly(code, error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error));
};

const isSigning = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "operation" in error && /sign|account|send/i.test(String(error.operation));

/** What ethers threw at a call of a node: the contract's refusal without a reason, or the node's own failure, which may pass. */
const describeNodeFailure = (error: unknown): Failure => {
  const failure = nodeFailureOf(error);
  if (failure.reason === "REVERTED") return plainly("TRANSACTION_REFUSED", "A contract refused the call without a reason.");
  const said = nodeFailureSentence(failure);
  const message = `${said.charAt(0).toUpperCase()}${said.slice(1)} Look at the chain before you try again.`;
  return {
    lines: [`Error: ${message} (CHAIN_UNAVAILABLE)`],
    data: { code: "CHAIN_UNAVAILABLE", message, retryable: true, details: failure },
  };
};

/** Codes whose general advice says nothing that the sentence before it does not say better. */
const SELF_SUFFICIENT: ReadonlySet<string> = new Set(["INVALID_VALUE", "TRANSACTION_REFUSED", "CALL_REFUSED"]);

/** Adds what was sent, and may still be mined, where the failure itself does not tell of it. */
export const withUnfinished = (failure: Failure, sent: readonly string[]): Failure => {
  const { details } = failure.data as { readonly details?: { readonly transaction?: unknown } };
  const hashes = sent.filter((hash) => hash !== details?.transaction);
  if (hashes.length === 0) return failure;
  const lines = hashes.map((hash) => `The transaction ${hash} was sent and may still be mined: check it before you send it again.`);
  return { lines: [...failure.lines, ...lines], data: { ...failure.data, unfinished: hashes } };
};

const plainly = (code: string, message: string): Failure => ({ lines: [`Error: ${message}`], data: { code, message, retryable: false } });

/** Codes of ethers. Its messages are long and may hold the RPC's URL with its key. */
const SENTENCES: Readonly<Record<string, string>> = {
  INSUFFICIENT_FUNDS: "The account has too little ether for this transaction. Send it some, or use another account.",
  NONCE_EXPIRED: "Another transaction of this account took its place. Try again.",
  REPLACEMENT_UNDERPRICED: "Another transaction of this account is pending. Wait for it and try again.",
  ACTION_REJECTED: "The wallet declined to sign.",
};

/** Codes of ethers, and of the system under it, that come of asking a node. */
const NODE_CODES: ReadonlySet<string> = new Set([
  "CALL_EXCEPTION",
  "BAD_DATA",
  "NETWORK_ERROR",
  "SERVER_ERROR",
  "TIMEOUT",
  "UNKNOWN_ERROR",
  "UNSUPPORTED_OPERATION",
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
