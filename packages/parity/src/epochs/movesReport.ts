import type { ExtensionServices } from "@keyquorum/keeper";
import type { Moves } from "./createMoves.ts";

/** Shows how far keys of earlier epochs are. The result is told what is seen. */
export const createMovesReport = (metrics: ExtensionServices["metrics"]): ((seen: ReturnType<Moves["seen"]>) => void) => {
  const toMove = metrics.gauge({ name: "server_keys_to_move", help: "Server keys of earlier epochs that this keeper holds a share of." });
  const left = metrics.gauge({ name: "server_keys_left", help: "Shares of server keys that were moved, which are not erased yet." });
  return (seen) => {
    toMove.set(seen.toMove);
    left.set(seen.left);
  };
};
