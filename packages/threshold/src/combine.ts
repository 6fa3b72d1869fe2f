import { backend } from "./backend.ts";
import { assertArray, assertRecord } from "./bytes.ts";
import { ThresholdError } from "./errors.ts";
import { combinePoints, lagrangeAtZero, lagrangeIntegers } from "./lagrange.ts";
import { assertPoint, isValidPoint, type Point } from "./point.ts";
import { assertScalar, invertScalar, reduceScalar } from "./scalar.ts";
import { revealNonZero, type SecretScalar } from "./secret.ts";
import { assertIntegerSlot, isSlot, MAX_SLOT } from "./slot.ts";
import { type Answered, assertVerified, type SlotAnswer, type VerifiedAnswer, verifyAnswer } from "./verifiedAnswer.ts";

/** Why an answer was not used. */
export type RejectionReason = "INVALID_PROOF" | "DUPLICATE_SLOT" | "BAD_SLOT";

/** A dropped answer and the slot that it came under. */
export type RejectedAnswer = { readonly slot: number; readonly reason: RejectionReason };

/** `quorum` is q = t+1. `publicKey`, when given, is the joint key S: the used verifying shares must add up to it. */
type Combining<Answer> = {
  readonly quorum: number;
  readonly u: Point;
  readonly readerSecret: SecretScalar;
  readonly answers: readonly Answer[];
  readonly publicKey?: Point;
};

/** Answers as they came. */
export type AnswersToCombine = Combining<SlotAnswer>;

/** Answers that `verifyAnswer` returned. */
export type VerifiedToCombine = Combining<VerifiedAnswer>;

/** `shared` is Z = rS, secret. `used` are the q slots it was made from, in the order given; `rejected` names every dropped answer. */
export type CombinedAnswers = { readonly shared: Point; readonly used: number[]; readonly rejected: RejectedAnswer[] };

/**
 * Checks every answer, drops and names the bad ones, and makes Z from the first q good ones of distinct slots. All answers must be
 * of one epoch. PROTOCOL section 5.3. Throws TOO_FEW_SHARES {have, need, rejected}, VERIFYING_SHARES_MISMATCH, and
 * INVALID_POINT, INVALID_SCALAR, INVALID_BYTES, INVALID_SLOT, INVALID_THRESHOLD for wrong types.
 */
export function combineAnswers(input: AnswersToCombine): CombinedAnswers {
  const x = secretOf(input);
  const { u, answers } = input;
  const { accepted, rejected } = sift(answers, { u, readerKey: backend.mulG(x) });
  return combine(input, x, accepted, rejected);
}

/**
 * The same for answers that were verified already, which are not verified again. Throws INVALID_INPUT for an answer that `verifyAnswer` did not return for
 * this U and reader, and as `combineAnswers`.
 */
export function combineVerified(input: VerifiedToCombine): CombinedAnswers {
  const x = secretOf(input);
  const asked = { u: input.u, readerKey: backend.mulG(x) };
  const accepted: VerifiedAnswer[] = [];
  const rejected: RejectedAnswer[] = [];
  for (const answer of input.answers) {
    assertVerified(answer, asked);
    const reason = slotToReject(answer, accepted);
    if (reason === undefined) accepted.push(answer);
    else rejected.push({ slot: answer.slot, reason });
  }
  return combine(input, x, accepted, rejected);
}

/** Checks what both take, and returns the reader's secret. */
function secretOf(input: Combining<unknown>): bigint {
  assertRecord(input, "input");
  const { quorum, u, readerSecret, answers } = input;
  assertArray(answers, "answers");
  assertQuorum(quorum);
  assertPoint(u, "U");
  return revealNonZero(readerSecret, "reader secret");
}

function combine(
  { quorum, publicKey }: Pick<Combining<unknown>, "quorum" | "publicKey">,
  x: bigint,
  accepted: readonly VerifiedAnswer[],
  rejected: RejectedAnswer[],
): CombinedAnswers {
  if (accepted.length < quorum) {
    throw new ThresholdError("TOO_FEW_SHARES", `Only ${accepted.length} of ${quorum} needed answers are valid; ask other keepers.`, {
      details: { have: accepted.length, need: quorum, rejected },
    });
  }
  const chosen = accepted.slice(0, quorum);
  if (publicKey !== undefined) assertSharesOf(publicKey, chosen);
  return { shared: interpolateShared(chosen, x), used: chosen.map(({ slot }) => slot), rejected };
}

function assertQuorum(quorum: unknown): asserts quorum is number {
  if (typeof quorum === "number" && Number.isSafeInteger(quorum) && quorum >= 2 && quorum <= MAX_SLOT) return;
  throw new ThresholdError("INVALID_THRESHOLD", "The quorum is t+1: an integer in 2..255.", { details: { quorum: String(quorum) } });
}

function sift(answers: readonly SlotAnswer[], asked: Answered): { accepted: VerifiedAnswer[]; rejected: RejectedAnswer[] } {
  const accepted: VerifiedAnswer[] = [];
  const rejected: RejectedAnswer[] = [];
  for (const candidate of answers) {
    assertRecord(candidate, "answer");
    const reason = slotToReject(candidate, accepted);
    const verified = reason === undefined ? verifyAnswer(asked, candidate) : undefined;
    if (verified !== undefined) accepted.push(verified);
    else rejected.push({ slot: candidate.slot, reason: reason ?? "INVALID_PROOF" });
  }
  return { accepted, rejected };
}

function slotToReject({ slot }: SlotAnswer, accepted: readonly SlotAnswer[]): RejectionReason | undefined {
  assertIntegerSlot(slot);
  if (!isSlot(slot)) return "BAD_SLOT";
  return accepted.some((other) => other.slot === slot) ? "DUPLICATE_SLOT" : undefined;
}

/** sum lambda_i S_i = S catches verifying shares of another key or epoch before they give a wrong Z. */
function assertSharesOf(publicKey: Point, chosen: readonly SlotAnswer[]): void {
  assertPoint(publicKey, "public key");
  const { numerators, denominator } = lagrangeIntegers(chosen.map(({ slot }) => slot));
  const verifyingShares = chosen.map(({ verifyingShare }) => verifyingShare);
  if (combinePoints([...verifyingShares, publicKey], [...numerators, -denominator]).is0()) return;
  throw new ThresholdError("VERIFYING_SHARES_MISMATCH", "The verifying shares are not of this key and epoch; check their Merkle paths.", {
    details: { slots: chosen.map(({ slot }) => slot) },
  });
}

/** Z = sum lambda_i V_i - x sum lambda_i K_i, with the common denominator of the lambda_i taken out of both sums, in affine form. */
function interpolateShared(chosen: readonly SlotAnswer[], x: bigint): Point {
  const { numerators, denominator } = lagrangeIntegers(chosen.map(({ slot }) => slot));
  const scale = invertScalar(reduceScalar(denominator));
  const sumOf = (points: Point[]): Point => combinePoints(points, numerators); // public answers, public slots
  const [v, k] = [sumOf(chosen.map(({ answer }) => answer.v)), sumOf(chosen.map(({ answer }) => answer.k))];
  const shared = backend.mulAddSecret(v, scale, k, reduceScalar(-x * scale));
  if (!isValidPoint(shared))
    throw new ThresholdError("INVALID_POINT", "The answers combine to no usable point; the header is of no document.");
  return shared;
}

/** f(0) from q shares of distinct slots. For tests and benches only: it puts a secret together. Throws INVALID_SLOT, DUPLICATE_SLOT, INVALID_SCALAR. */
export function combineShares(shares: readonly { readonly slot: number; readonly share: bigint }[]): bigint {
  const slots = shares.map(({ slot }) => slot);
  return shares.reduce((sum, { slot, share }) => {
    assertScalar(share, "share");
    return reduceScalar(sum + lagrangeAtZero(slots, slot) * share);
  }, 0n);
}
