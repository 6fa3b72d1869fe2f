import type { NodeFailure } from "./nodeFailure.ts";

/** What happened, for people, as the end of a sentence that began with what was being done. Holds no part of an RPC's URL that could be a secret. */
export const nodeFailureSentence = (failure: NodeFailure): string => {
  const told = toldBy(failure);
  switch (failure.reason) {
    case "REVERTED":
      return "the contract reverted without a reason that it declares.";
    case "RATE_LIMITED":
      return `the node is asked too often${told}${waitOf(failure)}.`;
    case "RANGE_TOO_LARGE":
      return `the node refuses to search so much at once${told}.`;
    case "BLOCK_MISSING":
      return `the node does not have that block, or no longer its state${told}: it lags behind, or has dropped old blocks.`;
    case "UNSUPPORTED":
      return `the node does not offer a method that is needed${told}. Use another node.`;
    case "BATCH_REFUSED":
      return `the node refuses several calls in one request${told}. Make the provider with { batchMaxCount: 1 }.`;
    case "REDIRECTED":
      return failure.location === undefined
        ? `the RPC URL redirects elsewhere${told}, and redirects are not followed. Use the URL that it redirects to.`
        : `the RPC URL redirects to ${failure.location}${told}, and redirects are not followed. Use the URL there.`;
    case "HTTP_STATUS":
      return `the RPC URL answered with HTTP status ${failure.status ?? "unknown"}${ADVICE[failure.status ?? 0] ?? ""}.`;
    case "NOT_JSON_RPC":
      return `what answers at the RPC URL does not speak JSON-RPC${told}.`;
    case "BAD_RESPONSE":
      return "the answer is not one that this contract gives. There may be none of ours at the address: look whether the RPC is of the deployment's chain.";
    case "TIMEOUT":
      return "the node did not answer in time.";
    case "TRANSPORT":
      return `the node could not be reached, or the connection broke${failure.system === undefined ? "" : ` (${failure.system})`}.`;
    case "RPC_ERROR":
      return `the node failed${told}.`;
  }
};

const ADVICE: Readonly<Record<number, string>> = {
  401: ": it wants a key, or another one",
  403: ": it does not let this key or this address in",
  404: ": nothing is there under that path",
};

const toldBy = ({ rpcCode, status }: NodeFailure): string =>
  rpcCode !== undefined ? ` (error ${rpcCode})` : status !== undefined ? ` (HTTP status ${status})` : "";

const waitOf = ({ retryAfterMs }: NodeFailure): string =>
  retryAfterMs === undefined ? "" : ` and wants ${Math.max(1, Math.ceil(retryAfterMs / 1_000))} s of rest`;
