import { ThresholdError } from "@keyquorum/threshold";
import type { SessionEffect, Unready } from "./effects.ts";
import type { OwnSessionMaterial, SessionView } from "./view.ts";

/** Own material of a keeper that still has the secret of the session's epoch. */
export type ArmedMaterial = OwnSessionMaterial & { readonly encryptionSecret: NonNullable<OwnSessionMaterial["encryptionSecret"]> };

/** Steps that need the epoch's encryption secret; without the right one, says so where a share is due. */
export const withSecret = (
  view: SessionView,
  own: OwnSessionMaterial,
  steps: (armed: ArmedMaterial) => readonly SessionEffect[],
): readonly SessionEffect[] => {
  const { encryptionSecret } = own;
  const unready = (reason: Unready["reason"]): readonly SessionEffect[] =>
    view.qual === 0n ? [] : [{ kind: "unready", id: `unready:${view.sid}`, sid: view.sid, reason, dealers: [] }];
  if (encryptionSecret === undefined) return unready("NO_EPOCH_SECRET");
  try {
    return steps({ ...own, encryptionSecret });
  } catch (error) {
    if (error instanceof ThresholdError && error.code === "KEY_MISMATCH") return unready("WRONG_EPOCH_SECRET");
    throw error;
  }
};
