import { VaultError } from "../errors.ts";
import type { StoreContext } from "./context.ts";
import type { BootCounter } from "./types/vaultStores.ts";

const MOST_LEFT_OUT = 1_000_000;

/** In the sealed roll: no row that a disk or a stranger could take back begins a life a second time. */
export const createBootCounter = ({ run, read, roll }: StoreContext): BootCounter => {
  const add = (count: number): Promise<number> =>
    run(async (db) => {
      const { boots = 0 } = await roll.load(db);
      await roll.move(db, { boots: boots + count });
      return boots + count;
    });
  return {
    next: () => add(1),
    current: () => read(async (db, sealed) => (await sealed.load(db)).boots ?? 0),
    advance: async (by) => {
      if (Number.isSafeInteger(by) && by >= 1 && by <= MOST_LEFT_OUT) return add(by);
      throw new VaultError("VAULT_VALUE_REFUSED", `The counter of starts moves by a whole number from 1 to ${MOST_LEFT_OUT}.`, { by });
    },
  };
};
