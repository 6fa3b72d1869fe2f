import type { CreateExtension } from "@keyquorum/keeper";
import { G } from "@keyquorum/threshold";

/**
 * An extension that makes the real daemon lie: it moves the encrypted share V by G after the proof was made, and signs for it.
 * Named in a keeper's configuration as "@keyquorum/testing/lyingKeeper".
 */
export const createExtension: CreateExtension = () => ({
  name: "lyingKeeper",
  transformAnswer: (answer) => ({ ...answer, v: answer.v.add(G) }),
});
