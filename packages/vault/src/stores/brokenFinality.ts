import { encodeStored } from "../storedJson.ts";
import type { StoreContext } from "./context.ts";
import type { BrokenFinalityStore } from "./types/vaultStores.ts";

/** In the sealed roll: no row that a disk damages, or a stranger deletes or gives back an older version, lets a keeper answer again. */
export const createBrokenFinalityStore = ({ run, roll }: StoreContext): BrokenFinalityStore => ({
  load: <Broken extends object>() => run(async (db) => (await roll.load(db)).brokenFinality as Broken | undefined), // as it was saved
  save: (broken) =>
    run(async (db) => {
      const { brokenFinality } = await roll.load(db);
      if (encodeStored(brokenFinality ?? null) !== encodeStored(broken ?? null)) await roll.move(db, { brokenFinality: broken });
    }),
});
