import { withoutSecrets } from "@keyquorum/wire";
import type { ReceiptEvidence } from "../evidence/evidence.ts";
import type { KeeperBlocks } from "../types.ts";

/** Why one keeper gave no valid answer. Stays inside the client: the caller sees it as a `KeeperFailure`. */
export class KeeperError extends Error {
  override readonly name = "KeeperError";
  /** The keeper's own code, or a client's: UNREACHABLE, TIMEOUT, STALLED, BAD_RESPONSE, RESPONSE_TOO_LARGE, INVALID_ANSWER, ... */
  readonly code: string;
  /** Whether asking the same keeper again may help. */
  readonly retryable: boolean;
  /** How long the keeper asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** What convicts the keeper, where it signed for a wrong answer. */
  readonly evidence: ReceiptEvidence | undefined;
  /** The blocks that it decided at, where it says so, and why it could not ask the chain. */
  readonly blocks: KeeperBlocks & { readonly chain?: string };

  constructor(
    code: string,
    reason: string,
    options: {
      readonly retryable?: boolean;
      readonly retryAfterMs?: number;
      readonly cause?: unknown;
      readonly evidence?: ReceiptEvidence;
      readonly blocks?: KeeperBlocks & { readonly chain?: string };
    } = {},
  ) {
    super(reason, options.cause === undefined ? undefined : { cause: withoutSecrets(options.cause) });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.evidence = options.evidence;
    this.blocks = options.blocks ?? {};
  }
}
