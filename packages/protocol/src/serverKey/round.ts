import { KeyquorumError } from "@keyquorum/wire";
import { SERVER_KEY_FAILURES, ServerKeyFailure } from "./failure.ts";
import type { Otherwise } from "./messages.ts";

/** What a keeper says that does take no part, as opposed to silence. */
const SILENCES: readonly string[] = ["UNAVAILABLE", "ENDPOINT_REFUSED", "SHUTTING_DOWN", "INTERNAL", "BAD_ANSWER"];

/** Why a member gave no answer. */
export const failureOf = (slot: number, cause: unknown): ServerKeyFailure => {
  if (cause instanceof ServerKeyFailure)
    return new ServerKeyFailure(cause.reason === "UNUSABLE_KEY" ? "UNUSABLE_KEY" : "REFUSED", slot, { cause });
  const isSilent = !(cause instanceof KeyquorumError) || SILENCES.includes(cause.code);
  return new ServerKeyFailure(isSilent ? "ABSENT" : "REFUSED", slot, { cause });
};

/** Why a member's answer is none. */
export const failureOfOtherwise = (slot: number, { kind }: Otherwise): ServerKeyFailure => {
  if (kind === "generated") return new ServerKeyFailure("ALREADY_GENERATED", slot);
  return new ServerKeyFailure(kind === "busy" ? "BUSY" : "ABORTED", slot);
};

/** What tells most first: who is proved wrong, then that there is a key, then what stands in the way. */
const WEIGHT = { guilty: 0, nobody: 1, absent: 2 } as const;
const weightOf = ({ reason }: ServerKeyFailure): number => (reason === "ALREADY_GENERATED" ? 0.5 : WEIGHT[SERVER_KEY_FAILURES[reason]]);

/** Asks all at once and waits for all: one that is silent hides none that is guilty. Throws the ServerKeyFailure that tells most. */
export const askAll = async <Answer>(slots: readonly number[], ask: (slot: number) => Promise<Answer>): Promise<readonly Answer[]> => {
  const settled = await Promise.allSettled(slots.map((slot) => ask(slot)));
  const answers: Answer[] = [];
  const failures: ServerKeyFailure[] = [];
  for (const [i, result] of settled.entries()) {
    if (result.status === "fulfilled") answers.push(result.value);
    else failures.push(result.reason instanceof ServerKeyFailure ? result.reason : failureOf(slots[i] ?? 0, result.reason));
  }
  const [first] = failures.toSorted((a, b) => weightOf(a) - weightOf(b));
  if (first !== undefined) throw first;
  return answers;
};
