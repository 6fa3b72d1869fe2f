import { withSecret } from "./armed.ts";
import { readySteps, type ShareMaking, saveShareSteps, storedShareOf } from "./confirm.ts";
import { dealingBytesOf, finalQual } from "./dealings.ts";
import type { SessionEffect } from "./effects.ts";
import { activeSteps } from "./end.ts";
import { isHitByRemoval } from "./removal.ts";
import type { FixedView, OwnSessionMaterial } from "./view.ts";

/** A member's steps once the dealers that count are fixed: store the share, confirm it, and end with it. `isFixedFinally`: they are fixed in a final block. */
export const shareSteps = (
  view: FixedView,
  own: OwnSessionMaterial,
  making: ShareMaking,
  isFixedFinally: boolean,
): readonly SessionEffect[] => {
  const isGoing = view.status === "AwaitingReady" && !isHitByRemoval(view);
  if (!isGoing && view.status !== "Active") return []; // who is removed after the key is in use holds its share already
  if (dealingBytesOf(view, finalQual(view)) === undefined) return []; // not mirrored yet
  const stored = storedShareOf(view, own);
  const isEnd = view.status === "Active" && view.sessionIsFinal;
  if (stored !== undefined) return isEnd ? activeSteps(view, own, stored) : readySteps(view, own, stored, isFixedFinally);
  const saving = withSecret(view, own, (armed) => saveShareSteps(view, armed, making));
  const canSave = saving.some(({ kind }) => kind === "saveShare");
  return isEnd && !canSave ? [...saving, ...activeSteps(view, own, undefined)] : saving;
};
