import type { CreateExtension } from "@keyquorum/keeper";
import { CURVE_ORDER, encodeScalar, G, parseScalar } from "@keyquorum/threshold";

/**
 * An extension that makes the real daemon deal a wrong share to one member, so that the contract takes the dealing and only that member can tell.
 * Options: `place`, the member's place (from 0) among the recipients; `session`, "keyGeneration" (default) or "reshare"; for key generation
 * `threshold`. In key generation the encrypted share is moved by 1; in a reshare, whose dealings prove every encrypted share, the share is
 * encrypted to another key. Named in a keeper's configuration as "@keyquorum/testing/lyingDealer".
 */
export const createExtension: CreateExtension = (options) => {
  const [threshold, place] = [Number(options.threshold), Number(options.place ?? 0)];
  if (options.session === "reshare")
    return {
      name: "lyingDealer",
      transformRecipients: (recipients) =>
        recipients.map((member, i) => (i === place ? { ...member, encryptionKey: member.encryptionKey.add(G) } : member)),
    };
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
