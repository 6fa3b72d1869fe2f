/** Why one keeper gave no valid answer. Stays inside the client: the caller sees it as a `KeeperFailure`. */
export class KeeperError extends Error {
  override readonly name = "KeeperError";
  /** The keeper's own code, or a client's: UNREACHABLE, TIMEOUT, STALLED, BAD_RESPONSE, RESPONSE_TOO_LARGE, INVALID_ANSWER, ... */
  readonly code: string;
  /** Whether asking the same keeper again may help. */
  readonly retryable: boolean;
  /** How long the keeper asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    reason: string,
    options: { readonly retryable?: boolean; readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}
