import { readFileSync, rmSync } from "node:fs";
import type { CreateExtension } from "@keyquorum/keeper";
import type { ServerKeyAnswers } from "@keyquorum/protocol";
import { parityExtension } from "../extension.ts";

/** Where it can die: before it does a step of generating or storing, or after that is durable and before anybody hears of it. */
export const DYING_STEPS = ["propose", "commit", "deal", "verdict", "confirm", "result", "store"] as const satisfies readonly (
  | keyof ServerKeyAnswers
  | "store"
)[];
export const DYING_MOMENTS = ["before", "after"] as const;

/** Milliseconds for a generation: who is away is noticed at once, and how busy the machine is decides nothing. */
const PATIENCE = 60_000;

/**
 * An extension that makes a real keeper kill itself with SIGKILL. For tests of crashes: a keeper's configuration names this file by its path, and the package
 * does not have it as a module. Options: the key server's own, and `die`, a file that names a step and a moment: "verdict after". It is deleted first, so
 * that the keeper dies once.
 */
export const createExtension: CreateExtension = ({ die, ...options }) => {
  const dieIf = (moment: string): void => {
    let named: string | undefined;
    try {
      named = readFileSync(String(die), "utf8");
    } catch {
      return; // nothing is asked of it
    }
    if (named !== moment) return;
    rmSync(String(die));
    process.kill(process.pid, "SIGKILL");
  };
  const dying =
    <Arguments extends readonly unknown[], Answer>(step: string, answer: (...given: Arguments) => Promise<Answer>) =>
    async (...given: Arguments): Promise<Answer> => {
      dieIf(`${step} before`);
      const answered = await answer(...given);
      dieIf(`${step} after`);
      return answered;
    };
  return parityExtension(options, {
    patience: PATIENCE,
    holder: (holder) => ({ ...holder, store: dying("store", holder.store) }),
    member: (member) => ({
      ...member,
      propose: dying("propose", member.propose),
      commit: dying("commit", member.commit),
      deal: dying("deal", member.deal),
      verdict: dying("verdict", member.verdict),
      confirm: dying("confirm", member.confirm),
      result: dying("result", member.result),
    }),
  });
};
