import { loadRoll, moveRoll } from "../sealing/roll.ts";
import type { StoreContext } from "./context.ts";
import type { BootCounter } from "./types.ts";

/** In the sealed roll: no row that a disk or a stranger could take back begins a life a second time. */
export const createBootCounter = ({ run, sealer }: StoreContext): BootCounter => ({
  next: () =>
    run(async (db) => {
      const { boots = 0 } = await loadRoll(db, sealer);
      await moveRoll(db, sealer, { boots: boots + 1 });
      return boots + 1;
    }),
});
