import type { Hash32, RequestId } from "@keyquorum/wire";

/** An answer to a request in an epoch. */
export type AnswerName = { readonly requestId: RequestId; readonly epoch: number };

/** An answer as it was given. Public to its reader. `keepUntil` in ms: PROTOCOL section 5.1. */
export type StoredAnswer = AnswerName & {
  readonly headerHash: Hash32;
  readonly answer: Uint8Array;
  /** What was sent to the reader, as text: the same bytes each time. */
  readonly body: string;
  readonly createdAt: number;
  readonly keepUntil: number;
};

/** What was answered to a request when it was read. Both throw VAULT_TAMPERED where there is none and a damaged record may be of one. */
export type AnswersGiven = {
  /** As `AnswerStore.headerOf`. */
  headerHash(): Hash32 | undefined;
  /** As `AnswerStore.find`. */
  in(epoch: number): StoredAnswer | undefined;
};

/** Every method throws VAULT_TAMPERED where a damaged record may be the answer that it looks for. */
export type AnswerStore = {
  /**
   * Saves the first answer to a request in an epoch and returns the stored one: the same request gets the same bytes.
   * Throws ANSWER_CONFLICT when the request was answered for another header, in whatever epoch.
   */
  save(answer: Omit<StoredAnswer, "createdAt">): Promise<StoredAnswer>;
  find(name: AnswerName): Promise<StoredAnswer | undefined>;
  /** The header that a request was answered for, in whatever epoch: it is answered for no other one. */
  headerOf(requestId: RequestId): Promise<Hash32 | undefined>;
  /** Both of these, read once. It throws nothing itself. */
  to(requestId: RequestId): Promise<AnswersGiven>;
  /** Deletes answers with keepUntil < now; answers with how many. */
  prune(now: number): Promise<number>;
};
