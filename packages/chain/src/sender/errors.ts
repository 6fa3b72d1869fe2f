import { type DecodedContractError, decodeContractError } from "@keyquorum/bindings";
import type { ErrorData } from "../errors.ts";

/**
 * TX_WOULD_REVERT: simulated, refused by the contract, not sent, no gas spent. TX_REVERTED: mined and reverted. TX_REFUSED: the node did not take it.
 * TX_WITHDRAWN: it was wanted no more before it was mined. INSUFFICIENT_FUNDS: the account cannot pay. INTENT_CONFLICT: the id was used for
 * something else. SENDER_CLOSED: the sender was closed meanwhile.
 */
export type SenderErrorCode =
  | "TX_WOULD_REVERT"
  | "TX_REVERTED"
  | "TX_REFUSED"
  | "TX_WITHDRAWN"
  | "INSUFFICIENT_FUNDS"
  | "INTENT_CONFLICT"
  | "SENDER_CLOSED";

const RETRYABLE: Readonly<Record<SenderErrorCode, boolean>> = {
  TX_WOULD_REVERT: false,
  TX_REVERTED: false,
  TX_REFUSED: true,
  TX_WITHDRAWN: true,
  INSUFFICIENT_FUNDS: true,
  INTENT_CONFLICT: false,
  SENDER_CLOSED: true,
};

/** A transaction that did not get on chain, or did nothing there. `data`: what the contract reverted with; `contractError`: what that means. */
export class SenderError extends Error {
  readonly code: SenderErrorCode;
  readonly retryable: boolean;
  readonly details: ErrorData;
  readonly data: string | undefined;
  readonly contractError: DecodedContractError | undefined;

  constructor(
    code: SenderErrorCode,
    message: string,
    options: { readonly details?: ErrorData; readonly data?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "SenderError";
    this.code = code;
    this.retryable = RETRYABLE[code];
    this.details = options.details ?? {};
    this.data = options.data;
    this.contractError = options.data === undefined ? undefined : decodeContractError(options.data);
  }
}

/** What a contract's refusal says, for the end of a sentence. */
export const reasonOf = (data: string): string => decodeContractError(data)?.sentence ?? "It gave no known reason.";
