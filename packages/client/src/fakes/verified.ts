import { type Answered, type SlotAnswer, type VerifiedAnswer, verifyAnswer } from "@keyquorum/threshold";

/** Right answers as combining takes them. Throws for a wrong one. */
export const verified = (asked: Answered, answers: readonly SlotAnswer[]): readonly VerifiedAnswer[] =>
  answers.map((answer) => {
    const found = verifyAnswer(asked, answer);
    if (found === undefined) throw new Error(`The answer of slot ${answer.slot} is wrong.`);
    return found;
  });
