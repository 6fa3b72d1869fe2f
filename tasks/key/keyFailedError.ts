import type { KeyStatus } from "./keyStatus.ts";
import { describePhase } from "./keyStatus.ts";

/** A key's generation ended without a key. `state.culprits` names who was absent and who was at fault. */
export class KeyFailedError extends Error {
  override readonly name = "KeyFailedError";
  readonly code = "KEY_FAILED";
  readonly state: KeyStatus;

  constructor(state: KeyStatus) {
    super(`The key was not generated. ${describePhase(state)}. Mend or remove the keepers that are named, then ask again.`);
    this.state = state;
  }
}
