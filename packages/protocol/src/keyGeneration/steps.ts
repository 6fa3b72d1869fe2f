import type { KeyGenerationEffect } from "./effects.ts";
import type { KeyGenerationSettings, KeyGenerationView, OwnKeyMaterial } from "./view.ts";

/** Whether an effect must be durable before anything else is done: perform these, read own material again, ask again. */
export const isKeepEffect = (effect: KeyGenerationEffect): boolean => effect.kind === "saveDealing" || effect.kind === "saveShare";

/** What this keeper has to do now. Pure: the same view and material give effects with the same ids, after any restart. */
export const nextKeyGenerationSteps = (
  view: KeyGenerationView,
  own: OwnKeyMaterial,
  settings: KeyGenerationSettings,
): readonly KeyGenerationEffect[] => {
  throw new Error(`not implemented ${view.sid} ${own.slot} ${settings.rankStep}`);
};
