import type { KeyStatus } from "./keyStatus.ts";
import { describePhase } from "./keyStatus.ts";

/** A key's generation ended without a key. `state.culprits` names who was absent and who was at fault. */
export class KeyFailedError extends Error {
  override readonly name = "KeyFailedError";
  readonly code = "KEY_FAILED";
  readonly state: KeyStatus;

  constructor(state: KeyStatus) {
    const next =
      state.failure === "MemberRemoved"
        ? "Open an epoch without the keeper named above, then request the key again: npx hardhat keyquorum epoch open"
        : "Fix or remove the keepers named above, then request the key again.";
    super(`The key was not generated. ${describePhase(state)}. ${next}`);
    this.state = state;
  }
}
