import { counted } from "../slots.ts";
import type { ReshareResult } from "./reshareKey.ts";

/** Keys that stayed where they were. `failed` names who was absent and who was at fault. */
export class ReshareFailedError extends Error {
  override readonly name = "ReshareFailedError";
  readonly code = "RESHARE_FAILED";
  readonly failed: readonly ReshareResult[];
  readonly done: number;

  constructor(failed: readonly ReshareResult[], done: number) {
    const [first] = failed;
    const stays = failed.length === 1 ? "stays in use where it was" : "stay in use where they were";
    const others = done === 0 ? "" : ` ${counted(done, "other key")} moved.`;
    const isRemoval = failed.some(({ culprits }) => culprits.some(({ fault }) => fault === "was removed"));
    const next = isRemoval
      ? "Open an epoch without the keeper that was removed, and the keys go there: npx hardhat keyquorum epoch open, then key reshare --all."
      : "Fix the keepers named above, then run the same command again: it continues with what is left.";
    super(`${counted(failed.length, "key")} could not be reshared and ${stays}.${others} ${first?.what ?? "Failed"}. ${next}`);
    this.failed = failed;
    this.done = done;
  }
}
