import type { ReshareKeep } from "@keyquorum/protocol";
import { sayOnce } from "../run/sayOnce.ts";
import { createSessionKeep, type SessionKeepOptions } from "./sessionKeep.ts";

/** Where this keeper keeps its own part of a reshare, and says why it deals nothing. */
export const createReshareKeep = (input: SessionKeepOptions): ReshareKeep => ({
  ...createSessionKeep(input),
  cannotDeal: async ({ id, sid, reason }) => {
    sayOnce(input.said, id, () => input.log.error("This keeper cannot deal its share", { sid, reason }));
  },
});
