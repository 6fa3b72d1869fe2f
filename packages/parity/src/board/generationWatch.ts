import { describeError, type ExtensionServices } from "@keyquorum/keeper";
import type { GenerationState, ServerKeyBoard } from "./serverKeyBoard.ts";

const BLOCKED: Readonly<Record<Exclude<GenerationState, "open">, string>> = {
  no_epoch: "This keeper has no part in the newest final epoch",
  too_few_members: "Too few members of the newest epoch are left",
  store_full: "What this keeper may store for server keys is used up",
  board_full: "Too many generations that this keeper drove wait for members",
};

/** Whether server keys can be generated through this keeper, for its operator. It reads and stores either way, so that readiness does not hang on it. */
export type GenerationWatch = {
  readonly refresh: () => Promise<void>;
  /** As of the last refresh; unknown before the first, and where the chain cannot be asked. */
  readonly seen: () => GenerationState | "unknown";
};

export const createGenerationWatch = (
  { log, metrics }: Pick<ExtensionServices, "log" | "metrics">,
  { state }: Pick<ServerKeyBoard, "state">,
): GenerationWatch => {
  const gauge = metrics.gauge({
    name: "generation_blocked",
    help: "1: no server key can be generated through this keeper, for this reason.",
    labelNames: ["reason"],
  });
  let seen: GenerationState | "unknown" = "unknown";
  return {
    refresh: async () => {
      const now = await state().catch((error: unknown): "unknown" => {
        log.debug("Whether server keys can be generated is not known", describeError(error));
        return "unknown";
      });
      for (const reason of Object.keys(BLOCKED)) gauge.set({ reason }, reason === now ? 1 : 0);
      if (now !== seen && now !== "unknown" && now !== "open")
        log.warn(`No server key can be generated through this keeper: ${BLOCKED[now]}`, { reason: now });
      if (now === "open" && seen !== "open" && seen !== "unknown") log.info("Server keys can be generated through this keeper again");
      seen = now;
    },
    seen: () => seen,
  };
};
