import { backend, G, INFINITY, isValidPoint, keyShiftOf, type Point, restHashOf } from "@keyquorum/threshold";
import { bitmapOf, hexToBytes } from "@keyquorum/wire";
import { currentQual, readDealings } from "../session/dealings.ts";
import { isOwnTurn } from "../session/rank.ts";
import { withoutAbsent } from "../session/removal.ts";
import type { KeyGenerationEffect } from "./effects.ts";
import type { KeyGenerationSettings, KeyGenerationView, OwnKeyMaterial } from "./view.ts";

/**
 * Fixes QUAL and the joint key Y + rho G, in one keeper's turn; where the shift's block hash is gone, lets the contract fix another block.
 * PROTOCOL section 3.5. The effect is named after that hash: a re-armed shift, or a reorg that changed it, is another piece of work.
 */
export const finalizeSteps = (
  view: KeyGenerationView,
  own: OwnKeyMaterial,
  settings: KeyGenerationSettings,
): readonly KeyGenerationEffect[] => {
  const { sid, shiftBlockHash, members } = view;
  if (view.status !== "Finalizing") return [];
  const present = withoutAbsent(
    members.map(({ slot }) => slot),
    view,
  );
  if (!present.includes(own.slot) || !isOwnTurn(view, present, own, settings)) return [];
  if (shiftBlockHash === undefined) return [rearmOf(view)];
  const dealers = currentQual(view);
  const dealings = readDealings(view, dealers);
  if (dealings === undefined || dealings.length === 0) return [];
  const constants = dealings.map(({ dealing }) => dealing.commitments[0] ?? INFINITY);
  return [
    {
      kind: "finalize",
      id: `finalize:${sid}:${shiftBlockHash}`,
      sid,
      qual: bitmapOf(dealers),
      constants,
      restHashes: dealings.map(({ bytes }) => restHashOf(bytes)),
      jointKey: jointKeyOf(hexToBytes(sid, 32), constants, hexToBytes(shiftBlockHash, 32)),
    },
  ];
};

/** The contract sees that the hash is gone before it looks at anything else; where it is not gone for the contract, this is refused. */
const rearmOf = ({ sid, shiftBlock }: KeyGenerationView): KeyGenerationEffect => ({
  kind: "finalize",
  id: `finalize:${sid}:gone:${shiftBlock}`,
  sid,
  qual: 0n,
  constants: [],
  restHashes: [],
  jointKey: G,
});

/** Where the sum is not a usable key the session fails, whatever key is named: the contract sees it first. */
const jointKeyOf = (sid: Uint8Array, constants: readonly Point[], blockHash: Uint8Array): Point => {
  const unshifted = constants.reduce((sum, constant) => backend.add(sum, constant), INFINITY);
  if (!isValidPoint(unshifted)) return G;
  // Variable time is safe: the shift is public.
  const jointKey = backend.add(unshifted, backend.mulVar(G, keyShiftOf({ sid, unshifted, blockHash })));
  return isValidPoint(jointKey) ? jointKey : G;
};
