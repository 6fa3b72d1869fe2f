import type { PostedAnswer } from "./postedAnswers.ts";

/** A keeper that is not paid because wrong answers are: which, and who challenges them. PROTOCOL section 5.5. */
export type Displacement = {
  /** Wrong answers that would be paid, in the order in which they came. */
  readonly lies: readonly PostedAnswer[];
  /** The slots of the keepers that challenge, this one among them. */
  readonly among: readonly number[];
  /** Whether this keeper's answer is paid once the lies before it are disproved. */
  readonly regains: boolean;
};

/**
 * What this keeper has to challenge: undefined while its own answer is among the first q that stand, while no wrong one is, and where others
 * challenge in its place. Those who regain a fee go first. Where nobody does, because too few right answers came until the deadline, it is for the
 * members that did not answer.
 * @param answers in the order in which they came
 * @param disproved slots whose answers do not stand
 * @param isOpen whether answers are still taken
 */
export const displacementOf = (request: {
  readonly answers: readonly PostedAnswer[];
  readonly disproved: readonly number[];
  readonly quorum: number;
  readonly members: readonly number[];
  readonly own: number;
  readonly isOpen: boolean;
}): Displacement | undefined => {
  const { answers, disproved, quorum, members, own, isOpen } = request;
  const standing = answers.filter(({ slot }) => !disproved.includes(slot));
  const paid = standing.slice(0, quorum);
  if (paid.some(({ slot }) => slot === own)) return undefined; // nothing is verified
  const lies = paid.filter(({ fault }) => fault() !== undefined);
  if (lies.length === 0) return undefined;

  const right = standing.filter(({ fault }) => fault() === undefined).slice(0, quorum);
  const displaced = slotsOf(right).filter((slot) => !slotsOf(paid).includes(slot));
  if (displaced.length > 0) return displaced.includes(own) ? { lies, among: displaced, regains: true } : undefined;
  if (isOpen) return undefined; // right answers may still come, this keeper's too
  const silent = members.filter((slot) => !slotsOf(answers).includes(slot));
  return silent.includes(own) ? { lies, among: silent, regains: false } : undefined;
};

const slotsOf = (answers: readonly PostedAnswer[]): readonly number[] => answers.map(({ slot }) => slot);
