import { createDealing } from "@keyquorum/threshold";
import { hexToBytes } from "@keyquorum/wire";
import { dealingStatementOf } from "../session/dealingStatement.ts";
import type { KeyGenerationEffect } from "./effects.ts";
import type { KeyGenerationSettings, KeyGenerationView, OwnKeyMaterial } from "./view.ts";

/**
 * One dealing per session, durable before it is sent, the same bytes until it is on the board. PROTOCOL sections 3.3, 3.8.
 *
 * | on the board | stored | step        |
 * |--------------|--------|-------------|
 * | yes          | any    | none        |
 * | no           | no     | saveDealing |
 * | no           | yes    | deal        |
 */
export const dealSteps = (
  view: KeyGenerationView,
  own: OwnKeyMaterial,
  { nonces }: KeyGenerationSettings,
): readonly KeyGenerationEffect[] => {
  const { sid, threshold, members } = view;
  if (view.status !== "Dealing" || view.dealtSlots.includes(own.slot) || view.absentSlots.includes(own.slot)) return [];
  const id = `deal:${sid}`;
  if (own.storedDealing !== undefined) return [{ kind: "deal", id, sid, dealing: own.storedDealing }];
  const session = hexToBytes(sid, 32);
  const statement = dealingStatementOf({ dealer: own.slot, threshold, recipients: members });
  const { encryptionSecret: secret } = own;
  const random = nonces({ purpose: "dealing", session, statement, ...(secret === undefined ? {} : { secret }) });
  const dealing = createDealing({ sid: session, dealer: own.slot, threshold, members }, random);
  return [{ kind: "saveDealing", id: `save-dealing:${sid}`, sid, dealing }];
};
