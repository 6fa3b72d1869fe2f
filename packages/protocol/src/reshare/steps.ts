/**
 * A reshare as one keeper sees it: a function of what the board says and what the keeper has stored. It remembers nothing, so a restart at any
 * point, or a reorg that takes anything back, gives the same steps again. PROTOCOL section 3.9.
 *
 * A keeper is an old member (it deals), a new member (it complains, stores and confirms), or both.
 *
 * | status (contract) | who        | step                     | when                                                          |
 * |-------------------|------------|--------------------------|---------------------------------------------------------------|
 * | Unknown           | all        | none                     | not seen, or taken back by a reorg                            |
 * | Dealing           | old member | saveDealing, then deal   | own dealing is not on the board, and consent is given         |
 * | Dealing           | old member | cannotDeal               | its share is not the one that the chain knows, or unusable    |
 * | Dealing,Disputing | new member | complain                 | a dealer's share for this keeper is wrong                     |
 * | AwaitingReady     | new member | saveShare, then ready    | share not stored; then stored and Q that of a final block     |
 * | Active            | new member | saveShare, eraseShare,   | share not stored (late keeper); then final                    |
 * |                   |            | done                     |                                                               |
 * | Active            | old only   | done                     | final                                                         |
 * | Overdue           | all        | fail                     | in turn by rank over old and new members together             |
 * | Failed            | all        | eraseShare, done         | final                                                         |
 * | any with a Q      | new member | unready                  | no valid share, or no epoch secret: the others go on          |
 * | any               | new member | disbelieve               | a mirrored dealing is not the one that the contract took      |
 *
 * A new member that was removed ends it: of these steps only fail, and the ends of Active and Failed, are left. An old member that was
 * removed deals nothing, and the others continue.
 *
 * Forbidden: a complaint about a dealing that is disbelieved, or a share of it; ready before saveShare is durable or before Q is final; two
 * dealings in one session; a dealing without consent; erasing
 * anything before the outcome is final. Nothing here erases anything of the old epoch: that is the keeper's, when the hand-over is over.
 * The contract's clock is its own (D14): steps know its status and none of its block numbers.
 */
import { verifyReshareDealing } from "@keyquorum/threshold";
import { withSecret } from "../session/armed.ts";
import { complainSteps, isTimeToComplain } from "../session/complain.ts";
import { activeSteps, failedSteps, failSteps } from "../session/end.ts";
import { genuineDealings } from "../session/genuine.ts";
import { isHitByRemoval } from "../session/removal.ts";
import { shareSteps } from "../session/result.ts";
import { reshareOf } from "./confirm.ts";
import { dealSteps } from "./deal.ts";
import { withoutForeignDealings } from "./dealings.ts";
import type { ReshareEffect } from "./effects.ts";
import type { OwnReshareMaterial, ReshareSettings, ReshareView } from "./view.ts";

/** What this keeper has to do now; nothing when it is a member of neither epoch. The same view and material give effects with the same ids. */
export const nextReshareSteps = (view: ReshareView, own: OwnReshareMaterial, settings: ReshareSettings): readonly ReshareEffect[] => {
  const isNew = view.members.some(({ slot }) => slot === own.slot);
  const slots = [...new Set([...view.dealers, ...view.members].map(({ slot }) => slot))];
  if (!slots.includes(own.slot)) return [];
  return [
    ...dealSteps(view, own, settings),
    ...(isNew ? recipientSteps(view, own, settings) : dealerEndSteps(view, own)),
    ...failSteps(view, slots, own, settings),
    ...failedSteps(view, own),
  ];
};

const recipientSteps = (seen: ReshareView, own: OwnReshareMaterial, settings: ReshareSettings): readonly ReshareEffect[] => {
  const { genuine: view, disbelieved } = genuineDealings(withoutForeignDealings(seen), own, verifyReshareDealing);
  return [
    ...disbelieved,
    ...(isTimeToComplain(view) && !isHitByRemoval(view) ? withSecret(view, own, (armed) => complainSteps(view, armed, settings)) : []),
    ...(view.qual === 0n ? [] : shareSteps(view, own, reshareOf(view), view.qualIsFinal)),
  ];
};

/** Who only dealt has nothing to store: it waits for the end, and then its old share has its own way to go. */
const dealerEndSteps = (view: ReshareView, own: OwnReshareMaterial): readonly ReshareEffect[] =>
  view.status === "Active" && view.sessionIsFinal ? activeSteps(view, own, undefined) : [];
