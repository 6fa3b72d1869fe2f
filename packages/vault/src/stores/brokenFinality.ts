import { loadRoll, moveRoll } from "../sealing/roll.ts";
import { encodeStored } from "../storedJson.ts";
import type { StoreContext } from "./context.ts";
import type { BrokenFinalityStore } from "./types.ts";

/** In the sealed roll: no row that a disk damages, or a stranger deletes or gives back an older version, lets a keeper answer again. */
export const createBrokenFinalityStore = ({ run, sealer }: StoreContext): BrokenFinalityStore => ({
  load: <Broken extends object>() => run(async (db) => (await loadRoll(db, sealer)).brokenFinality as Broken | undefined), // as it was saved
  save: (broken) =>
    run(async (db) => {
      const { brokenFinality } = await loadRoll(db, sealer);
      if (encodeStored(brokenFinality ?? null) !== encodeStored(broken ?? null)) await moveRoll(db, sealer, { brokenFinality: broken });
    }),
});
