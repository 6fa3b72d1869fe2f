/**
 * Key generation as one keeper sees it: a function of what the board says and what the keeper has stored. It remembers nothing, so a restart
 * at any point, or a reorg that takes anything back, gives the same steps again. PROTOCOL section 3.
 *
 * | status (contract) | step                                  | when                                                      |
 * |-------------------|---------------------------------------|-----------------------------------------------------------|
 * | Unknown           | none                                  | not seen, or taken back by a reorg                        |
 * | Dealing           | saveDealing, then deal                | own dealing is not on the board                           |
 * | Dealing,Disputing | complain                              | a dealer's share for this keeper is wrong                 |
 * | AwaitingShift     | none                                  |                                                           |
 * | Finalizing        | finalize                              | the shift's block is there, in turn by rank               |
 * | AwaitingReady     | saveShare, then ready                 | share not stored; then stored and KeyFinalized final      |
 * | Active            | saveShare, eraseShare, done           | share not stored (late keeper); then final                |
 * | Overdue           | fail                                  | in turn by rank                                           |
 * | Failed            | eraseShare, done                      | final                                                     |
 * | any with a result | unready                               | no valid share, or no epoch secret: the others go on      |
 *
 * Forbidden: ready before saveShare is durable or before KeyFinalized is final; two dealings in one session; erasing anything before the
 * outcome is final. Steps never depend on phaseEnd: the contract's clock is its own (D14).
 */
import { ThresholdError } from "@keyquorum/threshold";
import { type ArmedKeyMaterial, complainSteps, isTimeToComplain } from "./complain.ts";
import { isFinalized, readySteps, saveShareSteps, storedShareOf } from "./confirm.ts";
import { dealSteps } from "./deal.ts";
import { dealingBytesOf, finalQual } from "./dealings.ts";
import type { KeyGenerationEffect, Unready } from "./effects.ts";
import { activeSteps, failedSteps, failSteps } from "./end.ts";
import { finalizeSteps } from "./finalize.ts";
import type { KeyGenerationSettings, KeyGenerationView, OwnKeyMaterial } from "./view.ts";

/** Whether an effect must be durable before anything else is done: perform these, read own material again, ask again. */
export const isKeepEffect = (effect: KeyGenerationEffect): boolean => effect.kind === "saveDealing" || effect.kind === "saveShare";

/** What this keeper has to do now; nothing when it is no member. The same view and material give effects with the same ids. */
export const nextKeyGenerationSteps = (
  view: KeyGenerationView,
  own: OwnKeyMaterial,
  settings: KeyGenerationSettings,
): readonly KeyGenerationEffect[] => {
  if (!view.members.some(({ slot }) => slot === own.slot)) return [];
  return [
    ...dealSteps(view, own, settings),
    ...(isTimeToComplain(view) ? withSecret(view, own, (armed) => complainSteps(view, armed, settings)) : []),
    ...finalizeSteps(view, own, settings),
    ...resultSteps(view, own),
    ...failSteps(view, own, settings),
    ...failedSteps(view, own),
  ];
};

/** Steps after KeyFinalized. */
const resultSteps = (view: KeyGenerationView, own: OwnKeyMaterial): readonly KeyGenerationEffect[] => {
  if ((view.status !== "AwaitingReady" && view.status !== "Active") || !isFinalized(view)) return [];
  if (dealingBytesOf(view, finalQual(view)) === undefined) return []; // not mirrored yet
  const stored = storedShareOf(view, own);
  const isEnd = view.status === "Active" && view.sessionIsFinal;
  if (stored !== undefined) return isEnd ? activeSteps(view, own, stored) : readySteps(view, own, stored);
  const saving = withSecret(view, own, (armed) => saveShareSteps(view, armed));
  const canSave = saving.some(({ kind }) => kind === "saveShare");
  return isEnd && !canSave ? [...saving, ...activeSteps(view, own, undefined)] : saving;
};

/** Steps that need the epoch's encryption secret; without the right one, says so where a result is due. */
const withSecret = (
  view: KeyGenerationView,
  own: OwnKeyMaterial,
  steps: (armed: ArmedKeyMaterial) => readonly KeyGenerationEffect[],
): readonly KeyGenerationEffect[] => {
  const { encryptionSecret } = own;
  const unready = (reason: Unready["reason"]): readonly KeyGenerationEffect[] =>
    isFinalized(view) ? [{ kind: "unready", id: `unready:${view.sid}`, sid: view.sid, reason, dealers: [] }] : [];
  if (encryptionSecret === undefined) return unready("NO_EPOCH_SECRET");
  try {
    return steps({ ...own, encryptionSecret });
  } catch (error) {
    if (error instanceof ThresholdError && error.code === "KEY_MISMATCH") return unready("WRONG_EPOCH_SECRET");
    throw error;
  }
};
