import { backend, createReshareDealing, type SecretScalar, ThresholdError } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { dealingStatementOf } from "../session/dealingStatement.ts";
import { isHitByRemoval } from "../session/removal.ts";
import type { ReshareEffect } from "./effects.ts";
import type { OwnReshareMaterial, ReshareSettings, ReshareView } from "./view.ts";

/**
 * An old member deals its share once, durably before it is sent, the same bytes until they are on the board. PROTOCOL sections 3.8, 3.9.
 *
 * | on the board | consent  | stored | step                          |
 * |--------------|----------|--------|-------------------------------|
 * | yes          | any      | any    | none                          |
 * | no           | withheld | any    | none: not even what is stored |
 * | no           | given    | no     | saveDealing                   |
 * | no           | given    | yes    | deal                          |
 *
 * None either, whatever is stored, where the dealer is absent or a recipient was removed (D56).
 * Consent keeps bytes from being sent that are not sent yet: once public they are the board's.
 */
export const dealSteps = (view: ReshareView, own: OwnReshareMaterial, settings: ReshareSettings): readonly ReshareEffect[] => {
  const { sid } = view;
  const { slot: dealer, oldShare, oldPath, storedDealing } = own;
  const isAsked = view.status === "Dealing" && view.dealers.some(({ slot }) => slot === dealer) && !view.dealtSlots.includes(dealer);
  if (isHitByRemoval(view) || view.absentDealers.includes(dealer)) return [];
  if (!isAsked || own.consent !== "given" || oldPath === undefined) return [];
  if (storedDealing !== undefined) return [{ kind: "deal", id: `deal:${sid}`, sid, dealer, dealing: storedDealing, path: oldPath }];
  return oldShare === undefined ? [] : saveDealingSteps(view, dealer, oldShare, settings);
};

const saveDealingSteps = (
  { sid, dealers, threshold, members }: ReshareView,
  dealer: number,
  share: SecretScalar,
  { nonces }: ReshareSettings,
): readonly ReshareEffect[] => {
  const expected = dealers.find(({ slot }) => slot === dealer)?.verifyingShare;
  if (expected !== undefined && !backend.mulG(share.reveal()).equals(expected))
    return [{ kind: "cannotDeal", id: `cannot-deal:${sid}`, sid, reason: "FOREIGN_SHARE" }];
  try {
    const session = hexToBytes(sid, 32);
    const statement = dealingStatementOf({ dealer, threshold, recipients: members });
    const random = nonces({ purpose: "reshare-dealing", session, statement, secret: share });
    const dealing = createReshareDealing({ sid: session, dealer, share, threshold, recipients: members }, random);
    return [{ kind: "saveDealing", id: `save-dealing:${sid}`, sid, dealing }];
  } catch (error) {
    // A share of 0, or S_i with x >= n: the others do without it.
    const isUnusable = error instanceof ThresholdError && (error.code === "INVALID_SCALAR" || error.code === "INVALID_POINT");
    if (isUnusable) return [{ kind: "cannotDeal", id: `cannot-deal:${sid}`, sid, reason: "UNUSABLE_SHARE" }];
    throw error;
  }
};
