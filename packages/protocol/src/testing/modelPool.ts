/** Where transactions wait for a block: some get lost, and blocks are taken back above what is final. */
import type { ModelTransaction } from "./modelChain.ts";
import type { Dice } from "./random.ts";

type Chain<Transaction> = {
  readonly headNumber: () => number;
  readonly mine: (transactions: readonly Transaction[]) => void;
  readonly takeBack: (depth: number) => readonly Transaction[];
};

/** Probabilities per transaction, and per block. */
export type Trouble = { readonly lose?: number; readonly reorg?: number };

/**
 * How many blocks before the end of a phase trouble ends: long enough to send again what was lost, and to bury it deeper than any reorg goes. A
 * session that fails for want of time is right, and not what simulations look for: with a calm end none does, whatever the dice say.
 */
const CALM = 8;

/** Whether the phase of the newest block is about to end, or was at one of the last blocks: a reorg would take back what the calm was for. */
export const createCalm = (
  chain: { readonly headNumber: () => number; readonly endsWithin: (blocks: number) => boolean },
  blocks = CALM,
) => {
  let calmUntil = 0;
  return (): boolean => {
    if (chain.endsWithin(blocks)) calmUntil = chain.headNumber() + blocks;
    return chain.headNumber() < calmUntil;
  };
};

/** `deepest`: how many blocks a reorg takes back at the most. `isCalm`: nothing is lost or taken back now, nor left for a later block. */
export const createModelPool = <Transaction extends ModelTransaction>(
  chain: () => Chain<Transaction>,
  dice: Dice,
  { lose = 0, reorg = 0, deepest, isCalm }: Trouble & { readonly deepest: number; readonly isCalm: () => boolean },
) => {
  let pool: Transaction[] = [];
  const submit = (transaction: Transaction): void => {
    const isKnown = pool.some(({ id, from }) => id === transaction.id && from === transaction.from);
    if (!isKnown) pool.push(transaction);
  };
  const mineOne = (): void => {
    const { headNumber, mine, takeBack } = chain();
    const calm = isCalm();
    if (dice.chance(reorg) && headNumber() > deepest && !calm) {
      const depth = 1 + dice.below(deepest);
      // Some of what was taken back comes again by itself, the rest has to be sent again.
      for (const transaction of takeBack(depth)) if (dice.chance(0.5)) submit(transaction);
      for (let again = 0; again < depth; again += 1) mine([]);
    }
    const [mined, kept]: [Transaction[], Transaction[]] = [[], []];
    for (const transaction of shuffled(pool, dice)) {
      if (dice.chance(lose) && !calm) continue;
      (dice.chance(0.8) || calm ? mined : kept).push(transaction);
    }
    pool = kept;
    mine(mined);
  };
  return { submit, mineOne };
};

export const shuffled = <Item>(items: readonly Item[], dice: Dice): Item[] => {
  const copy = [...items];
  for (let index = copy.length - 1; index > 0; index -= 1) {
    const other = dice.below(index + 1);
    const [a, b] = [copy[index], copy[other]];
    if (a !== undefined && b !== undefined) [copy[index], copy[other]] = [b, a];
  }
  return copy;
};
