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

/** `deepest`: how many blocks a reorg takes back at the most. */
export const createModelPool = <Transaction extends ModelTransaction>(
  chain: () => Chain<Transaction>,
  dice: Dice,
  { lose = 0, reorg = 0, deepest }: Trouble & { readonly deepest: number },
) => {
  let pool: Transaction[] = [];
  const submit = (transaction: Transaction): void => {
    const isKnown = pool.some(({ id, from }) => id === transaction.id && from === transaction.from);
    if (!isKnown) pool.push(transaction);
  };
  const mineOne = (): void => {
    const { headNumber, mine, takeBack } = chain();
    if (dice.chance(reorg) && headNumber() > deepest) {
      const depth = 1 + dice.below(deepest);
      // Some of what was taken back comes again by itself, the rest has to be sent again.
      for (const transaction of takeBack(depth)) if (dice.chance(0.5)) submit(transaction);
      for (let again = 0; again < depth; again += 1) mine([]);
    }
    const [mined, kept]: [Transaction[], Transaction[]] = [[], []];
    for (const transaction of shuffled(pool, dice)) {
      if (dice.chance(lose)) continue;
      (dice.chance(0.8) ? mined : kept).push(transaction);
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
