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
 * | Finalizing        | finalize                              | in turn by rank; re-arms where the shift's hash is gone   |
 * | AwaitingReady     | saveShare, then ready                 | share not stored; then stored and KeyFinalized final      |
 * | Active            | saveShare, eraseShare, done           | share not stored (late keeper); then final                |
 * | Overdue           | fail                                  | in turn by rank                                           |
 * | Failed            | eraseShare, done                      | final                                                     |
 * | any with a result | unready                               | no valid share, or no epoch secret: the others go on      |
 * | any               | disbelieve                            | a mirrored dealing is not the one that the contract took  |
 *
 * A member that was removed ends it: of these steps only fail, and the ends of Active and Failed, are left.
 *
 * Forbidden: a complaint about a dealing that is disbelieved, or a share of it; ready before saveShare is durable or before KeyFinalized is
 * final; two dealings in one session; erasing anything before the
 * outcome is final. The contract's clock is its own (D14): steps know its status and none of its block numbers.
 */
import { verifyDealing } from "@keyquorum/threshold";
import { withSecret } from "../session/armed.ts";
import { complainSteps, isTimeToComplain } from "../session/complain.ts";
import { failedSteps, failSteps } from "../session/end.ts";
import { genuineDealings } from "../session/genuine.ts";
import { isHitByRemoval } from "../session/removal.ts";
import { shareSteps } from "../session/result.ts";
import { generationOf, isFinalized } from "./confirm.ts";
import { dealSteps } from "./deal.ts";
import type { KeyGenerationEffect } from "./effects.ts";
import { finalizeSteps } from "./finalize.ts";
import type { KeyGenerationSettings, KeyGenerationView, OwnKeyMaterial } from "./view.ts";

/** What this keeper has to do now; nothing when it is not a member. The same view and material give effects with the same ids. */
export const nextKeyGenerationSteps = (
  view: KeyGenerationView,
  own: OwnKeyMaterial,
  settings: KeyGenerationSettings,
): readonly KeyGenerationEffect[] => {
  const slots = view.members.map(({ slot }) => slot);
  if (!slots.includes(own.slot)) return [];
  const isAlive = !isHitByRemoval(view);
  const { genuine, disbelieved } = genuineDealings(view, own, verifyDealing);
  return [
    ...disbelieved,
    ...(isAlive ? dealSteps(view, own, settings) : []),
    ...(isAlive && isTimeToComplain(view) ? withSecret(view, own, (armed) => complainSteps(genuine, armed, settings)) : []),
    ...(isAlive ? finalizeSteps(genuine, own, settings) : []),
    ...(isFinalized(genuine) ? shareSteps(genuine, own, generationOf(genuine), view.finalizedIsFinal) : []),
    ...failSteps(view, slots, own, settings),
    ...failedSteps(view, own),
  ];
};
