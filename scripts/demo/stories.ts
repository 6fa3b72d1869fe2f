import type { DemoOptions } from "./options.ts";
import { PARITY_STEPS } from "./paritySteps.ts";
import { RESHARE_STEPS } from "./reshareSteps.ts";
import { STEPS } from "./steps.ts";
import type { Step } from "./story.ts";
import { WASM_STEPS } from "./wasmSteps.ts";
import type { World } from "./world.ts";

/** What is told, step by step. */
export const storyOf = ({ reshare, parity, wasm }: Pick<DemoOptions, "reshare" | "parity" | "wasm">): readonly Step<World>[] => {
  if (parity) return PARITY_STEPS;
  if (wasm) return WASM_STEPS;
  return reshare ? RESHARE_STEPS : STEPS;
};
