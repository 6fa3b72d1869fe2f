import { nextTurn } from "@keyquorum/chain";
import type { Clock } from "./clock.ts";

/** Lets answers go first: long computations start while none is being made, or after a short wait. */
export type GiveWay = {
  /** Does what others give way to. */
  readonly first: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Resolves when nothing of that is under way, or when a computation has waited long enough: readers that never stop hold up no reshare. */
  readonly turn: () => Promise<void>;
};

/** A reshare that is held up at every step by this much still fits into its windows. */
const LONGEST_WAIT_MILLISECONDS = 200;
const LOOK_EVERY_MILLISECONDS = 5;

export const createGiveWay = ({ clock }: { readonly clock: Clock }): GiveWay => {
  let underWay = 0;
  return {
    first: async (work) => {
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
      }
    },
    turn: async () => {
      await nextTurn(); // what has come in meanwhile is seen first, and who else waits goes on in another
      for (let waited = 0; underWay > 0 && waited < LONGEST_WAIT_MILLISECONDS; waited += LOOK_EVERY_MILLISECONDS)
        await clock.sleep(LOOK_EVERY_MILLISECONDS);
    },
  };
};
