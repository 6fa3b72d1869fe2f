import type { Done, EraseShare, Fail, SessionEffect } from "./effects.ts";
import { isOwnTurn } from "./rank.ts";
import { withoutAbsent } from "./removal.ts";
import type { OwnSessionMaterial, SessionSettings, SessionView, StoredShareSummary } from "./view.ts";

/** Records a failure that time or a removal has brought, in one keeper's turn among those of `slots` that are still there. PROTOCOL section 3.7. */
export const failSteps = (
  view: SessionView,
  slots: readonly number[],
  own: OwnSessionMaterial,
  settings: SessionSettings,
): readonly Fail[] => {
  const present = withoutAbsent(slots, view);
  const isDue = view.status === "Overdue" && present.includes(own.slot) && isOwnTurn(view, present, own, settings);
  return isDue ? [{ kind: "fail", id: `fail:${view.sid}`, sid: view.sid }] : [];
};

/** A final failure: pending shares are erased (D19). */
export const failedSteps = (view: SessionView, own: OwnSessionMaterial): readonly SessionEffect[] => {
  if (view.status !== "Failed" || !view.sessionIsFinal) return [];
  return [...own.storedShares.map((share) => eraseOf(view, share)), doneOf(view, "failed")];
};

/** A final key: the share of this result is the one in use, shares of other forks are erased. */
export const activeSteps = (
  view: SessionView,
  own: OwnSessionMaterial,
  stored: StoredShareSummary | undefined,
): readonly SessionEffect[] => {
  const { result, sid } = view;
  const others = own.storedShares.filter((share) => share !== stored).map((share) => eraseOf(view, share));
  if (stored === undefined) return [...others, doneOf(view, "active")];
  const isSame =
    result === undefined || (result.commitmentsHash === stored.commitmentsHash && result.verifyingRoot === stored.verifyingRoot);
  if (isSame) return [...others, doneOf(view, "active", stored)];
  // 2t+1 keepers confirmed something else than this one computed from the same board.
  return [{ kind: "unready", id: `unready:${sid}`, sid, reason: "RESULT_MISMATCH", dealers: [] }, doneOf(view, "active")];
};

const eraseOf = ({ sid, keyId, epoch }: SessionView, { digest }: StoredShareSummary): EraseShare => ({
  kind: "eraseShare",
  id: `erase-share:${sid}:${digest}`,
  sid,
  keyId,
  epoch,
  digest,
});

const doneOf = (view: SessionView, outcome: "active" | "failed", stored?: StoredShareSummary): Done => {
  const { sid, keyId, epoch } = view;
  const done = { kind: "done", id: `done:${sid}`, sid, keyId, epoch, outcome } as const;
  return stored === undefined ? done : { ...done, digest: stored.digest };
};
