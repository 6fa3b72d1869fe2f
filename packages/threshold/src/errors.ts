/** Stable codes of everything this package throws. A wrong proof is never thrown: a verifier returns false. */
export type ThresholdErrorCode =
  | "INVALID_INPUT"
  | "INVALID_BYTES"
  | "INVALID_POINT"
  | "INVALID_SCALAR"
  | "INVALID_SLOT"
  | "INVALID_INTEGER"
  | "INVALID_ENCODING"
  | "INVALID_THRESHOLD"
  | "INVALID_MEMBERS"
  | "INVALID_RANDOM"
  | "INVALID_JOINT_KEY"
  | "INVALID_MERKLE_INDEX"
  | "DUPLICATE_SLOT"
  | "DEGENERATE_PROOF"
  | "ERASED_SECRET"
  | "KEY_MISMATCH"
  | "SHARE_MISMATCH"
  | "VERIFYING_SHARES_MISMATCH"
  | "TOO_FEW_SHARES"
  | "BACKEND_FAILED";

/** What an error carries besides its code. `details` is public data only: no share, no key, no nonce. */
export type ThresholdErrorOptions = {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
};

/** The same call with the same input gives the same error, except where more answers or a working random source would help. */
const RETRYABLE: ReadonlySet<ThresholdErrorCode> = new Set(["TOO_FEW_SHARES", "INVALID_RANDOM"]);

/** Every error of this package. The message says what to do; `code` is stable; `details` is public. */
export class ThresholdError extends Error {
  readonly code: ThresholdErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;

  constructor(code: ThresholdErrorCode, message: string, options: ThresholdErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ThresholdError";
    this.code = code;
    this.details = options.details ?? {};
    this.retryable = RETRYABLE.has(code);
  }
}
