/** Why a generation did not end with a key. */
export const SERVER_KEY_FAILURES = {
  /** There is a key of this id already. */
  ALREADY_GENERATED: "nobody",
  /** A session of this id is under way, or waits for a member. */
  BUSY: "nobody",
  /** A member did not answer. */
  ABSENT: "absent",
  /** A member does not take part: its own rules, or its view of the chain. */
  REFUSED: "nobody",
  /** A member had given the session up. */
  ABORTED: "nobody",
  /** The sum of the dealings is no usable key: 2^-127. */
  UNUSABLE_KEY: "nobody",
  /** A member's answer is not what the protocol allows at that place. */
  BAD_ANSWER: "guilty",
  /** A dealer sent a member a wrong share, proved by the member's complaint. */
  BAD_SHARE: "guilty",
  /** A member complained without reason. */
  FALSE_COMPLAINT: "guilty",
  /** The question shows what no honest driver shows. */
  BAD_QUESTION: "guilty",
} as const satisfies Readonly<Record<string, "nobody" | "absent" | "guilty">>;
export type ServerKeyFailureReason = keyof typeof SERVER_KEY_FAILURES;

/** `slot`: who is named; by the reason, as guilty or as absent. */
export class ServerKeyFailure extends Error {
  readonly reason: ServerKeyFailureReason;
  readonly slot: number | undefined;

  constructor(reason: ServerKeyFailureReason, slot?: number, options: { readonly cause?: unknown } = {}) {
    super(`The server key was not generated: ${reason}${slot === undefined ? "" : ` (slot ${slot})`}.`, options);
    this.name = "ServerKeyFailure";
    this.reason = reason;
    this.slot = slot;
  }
}
