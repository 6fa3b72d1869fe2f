import { isRateLimitError } from "@keyquorum/bindings";
import { withoutSecrets } from "@keyquorum/wire";

/** Why the chain could not be asked. */
export type UnavailableReason =
  | "TIMEOUT" // no answer in time
  | "TRANSPORT" // no connection, or it broke
  | "HTTP_STATUS" // the server answered with an error page
  | "RATE_LIMITED" // asked too often: HTTP status 429, or an error of that kind; `details.retryAfterMs` where the node says how long to wait
  | "REDIRECTED" // the URL leads elsewhere, which is not followed
  | "BAD_RESPONSE" // the answer is not what JSON-RPC or the method promises
  | "RESPONSE_TOO_LARGE"
  | "RPC_ERROR" // the node refused or failed; `cause` is the RpcError
  | "UNSUPPORTED" // the node lacks something that is needed
  | "BLOCK_GONE" // the block is unknown to the node, or no longer canonical
  | "NO_FINALIZED_BLOCK" // finality is the node's finalized block, and it knows none
  | "STALE_HEAD" // the newest block is older or lower than allowed
  | "DISAGREEMENT" // no majority of the providers says the same
  | "DECIDE_FAILED" // the permission decision itself did not come out as one of its four answers
  | "SIMULATION_FAILED"; // a signature check did not come out as one of its three answers

/** Public data of an error. */
export type ErrorData = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * The chain could not be asked, or what it said cannot be relied on. It says nothing about the question: keepers answer UNAVAILABLE (D28).
 * Always retryable. Messages hold no part of an URL that could be a secret.
 */
export class ChainUnavailableError extends Error {
  readonly code = "CHAIN_UNAVAILABLE";
  readonly retryable = true;
  readonly reason: UnavailableReason;
  readonly details: ErrorData;

  constructor(reason: UnavailableReason, message: string, options: { readonly details?: ErrorData; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: withoutSecrets(options.cause) });
    this.name = "ChainUnavailableError";
    this.reason = reason;
    this.details = options.details ?? {};
  }
}

/**
 * The node answered with a JSON-RPC error: the connection works, the call did not. `rpcCode` is the node's number, `data` its data (a revert's
 * bytes, for one). Both come from outside; the text in the message is for people only and is never interpreted (D28).
 */
export class RpcError extends Error {
  readonly code = "RPC_ERROR";
  readonly retryable = true;
  readonly method: string;
  readonly rpcCode: number;
  readonly data: unknown;

  constructor(method: string, rpcCode: number, text: string, data: unknown) {
    super(`The node answered ${method} with error ${rpcCode}: ${text}`);
    this.name = "RpcError";
    this.method = method;
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

/** Whether the node asks its caller to wait: it passes, and says nothing about the chain. */
export const isBusy = ({ rpcCode, message }: RpcError): boolean => isRateLimitError({ code: rpcCode, text: message });

/** The chain, or the contracts on it, are not the ones that were pinned (D40). `field` names what differs. */
export class WrongChainError extends Error {
  readonly code = "WRONG_CHAIN";
  readonly retryable = false;
  readonly field: string;
  readonly expected: string;
  readonly found: string;

  constructor(field: string, expected: string, found: string) {
    super(
      `The RPC serves another chain: ${field} is ${found} where ${expected} is expected. Use the RPC of the chain that the deployment is on.`,
    );
    this.name = "WrongChainError";
    this.field = field;
    this.expected = expected;
    this.found = found;
  }
}

/** True for failures that say nothing about the question and may pass: asking again later can help. */
export const isUnavailable = (error: unknown): error is ChainUnavailableError | RpcError =>
  error instanceof ChainUnavailableError || error instanceof RpcError;

/** A node's refusal as unavailability, with the refusal as cause; everything else as it is. */
export const asUnavailable = (error: unknown): unknown =>
  error instanceof RpcError ? new ChainUnavailableError("RPC_ERROR", `${error.message} Check the node.`, { cause: error }) : error;
