import { ServerKeyFailure } from "./failure.ts";
import type { ServerKeyMember } from "./memberPorts.ts";
import type { Otherwise, ServerKeyAnswers } from "./messages.ts";
import { failureOf, failureOfOtherwise } from "./round.ts";
import type { ServerKeyContext } from "./session.ts";

export type DriverPorts = {
  readonly own: ServerKeyMember;
  /** How another member is asked. What it throws counts as its silence, or as its refusal where it is a KeyquorumError that says so. */
  readonly peer: (slot: number) => ServerKeyAnswers;
};

export const roundOf = ({ own, peer }: DriverPorts, context: ServerKeyContext) => ({
  slots: context.members.map(({ slot }) => slot),
  others: context.members.map(({ slot }) => slot).filter((slot) => slot !== context.slot),
  member: (slot: number): ServerKeyAnswers => (slot === context.slot ? own : peer(slot)),
});

/** The answer of its kind from its own slot, checked. Throws ServerKeyFailure. */
export const expectKind = async <Answer extends { readonly kind: string }, Kind extends Answer["kind"]>(
  slot: number,
  kind: Kind,
  asked: Promise<Answer>,
  isRight: (answer: Extract<Answer, { readonly kind: Kind }>) => boolean,
): Promise<Extract<Answer, { readonly kind: Kind }>> => {
  const answer = await asked.catch((cause: unknown) => {
    throw failureOf(slot, cause);
  });
  if (isOtherwise(answer)) throw failureOfOtherwise(slot, answer);
  const right = answer as Extract<Answer, { readonly kind: Kind }>; // safe: its kind is looked at first
  if (answer.kind !== kind || !("slot" in answer) || answer.slot !== slot || !isRight(right))
    throw new ServerKeyFailure("BAD_ANSWER", slot);
  return right;
};

export const isOtherwise = (answer: { readonly kind: string }): answer is Otherwise =>
  answer.kind === "busy" || answer.kind === "aborted" || answer.kind === "generated";
