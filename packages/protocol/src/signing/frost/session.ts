import type { FrostAttempt } from "@keyquorum/threshold";
import type { Hash32 } from "@keyquorum/wire";
import type { NonceMessage } from "../messages.ts";

/** One attempt at the signature: exactly t+1 signers. */
export type Session = {
  readonly attempt: FrostAttempt;
  readonly attemptId: Hash32;
  readonly nonces: readonly NonceMessage[];
  readonly openedAt: number;
  /** z_i by slot, checked. */
  readonly shares: Map<number, bigint>;
  /** It cannot end with a signature any more: somebody in it refused, or was wrong. */
  isDead: boolean;
  /** A nonce in it was gone, or it was void: it does not count among the n-t attempts. */
  isExcused: boolean;
};
