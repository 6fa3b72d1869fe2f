import { assertRecord } from "./bytes.ts";
import { ThresholdError } from "./errors.ts";
import type { Point } from "./point.ts";
import { assertIntegerSlot } from "./slot.ts";
import { type VesAnswer, verifyShareAnswer } from "./ves.ts";

/** One keeper's answer with what it is checked against. `verifyingShare` must be authentic: its Merkle path leads to the key's verifyingRoot. */
export type SlotAnswer = {
  readonly slot: number;
  readonly verifyingShare: Point;
  readonly context: Uint8Array;
  readonly answer: VesAnswer;
};

/** What answers are for: U of the document's header, and the reader's public key X. */
export type Answered = { readonly u: Point; readonly readerKey: Point };

declare const verified: unique symbol;

/** An answer whose proof holds for one U and X: `verifyAnswer` makes it and nothing else does, so combining need not verify it again. Frozen. */
export type VerifiedAnswer = SlotAnswer & { readonly [verified]: true };

/** Every verified answer, and what it was verified for. A copy of one is not in here. */
const verifiedFor = new WeakMap<object, Answered>();

/**
 * Checks an answer's proof and returns a copy of it that combining takes; undefined where the proof does not verify. PROTOCOL section 5.2.
 * Throws INVALID_POINT, INVALID_BYTES, INVALID_SCALAR, INVALID_SLOT for wrong types.
 */
export function verifyAnswer(asked: Answered, given: SlotAnswer): VerifiedAnswer | undefined {
  assertRecord(asked, "asked");
  assertRecord(given, "answer");
  const { u, readerKey } = asked;
  assertIntegerSlot(given.slot);
  assertRecord(given.answer, "answer");
  // Read once: what was verified is what is kept.
  const { slot, verifyingShare, context } = given;
  const { k, v, c, zs, zk } = given.answer;
  const answer: VesAnswer = Object.freeze({ k, v, c, zs, zk });
  if (!verifyShareAnswer({ verifyingShare, u, readerKey, context }, answer)) return undefined;
  const kept = Object.freeze({ slot, verifyingShare, context: Uint8Array.from(context), answer }) as VerifiedAnswer; // the one place that says so
  verifiedFor.set(kept, { u, readerKey });
  return kept;
}

/** Throws INVALID_INPUT for an answer that `verifyAnswer` did not return, or returned for another U or X. */
export function assertVerified(answer: unknown, { u, readerKey }: Answered): asserts answer is VerifiedAnswer {
  assertRecord(answer, "answer");
  const seen = verifiedFor.get(answer as object); // a record
  if (seen?.u.equals(u) && seen.readerKey.equals(readerKey)) return;
  throw new ThresholdError(
    "INVALID_INPUT",
    "An answer was not verified for this document and reader: combine takes what verifyAnswer returns.",
  );
}
