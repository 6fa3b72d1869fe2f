import type { CreateExtension } from "@keyquorum/keeper";
import { CURVE_ORDER, encodeScalar, parseScalar } from "@keyquorum/threshold";

/**
 * An extension that makes the real daemon deal a wrong share to one member: the encrypted share is moved by 1, everything else is right, so the
 * contract takes the dealing and only that member can tell. Options: `threshold` and `place`, the member's place (from 0) among the recipients.
 * Named in a keeper's configuration as "@keyquorum/testing/lyingDealer".
 */
export const createExtension: CreateExtension = (options) => {
  const [threshold, place] = [Number(options.threshold), Number(options.place ?? 0)];
  return {
    name: "lyingDealer",
    transformDealing: (dealing) => {
      const at = 64 * (threshold + 1) + 64 + 32 * place; // PROTOCOL section 3.3: commitments, E, shares
      const changed = dealing.slice();
      changed.set(encodeScalar((parseScalar(dealing.slice(at, at + 32)) + 1n) % CURVE_ORDER), at);
      return changed;
    },
  };
};
