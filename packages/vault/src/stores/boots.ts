import type { StoreContext } from "./context.ts";
import type { BootCounter } from "./types/vaultStores.ts";

/** In the sealed roll: no row that a disk or a stranger could take back begins a life a second time. */
export const createBootCounter = ({ run, roll }: StoreContext): BootCounter => ({
  next: () =>
    run(async (db) => {
      const { boots = 0 } = await roll.load(db);
      await roll.move(db, { boots: boots + 1 });
      return boots + 1;
    }),
});
