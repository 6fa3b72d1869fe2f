/** What one transaction may take of a block, in gas: a small part, so that it is mined on a busy chain, too. */
const MOST_GAS = 8_000_000;
/** Of a grant that is looked at, and of one that is moved or taken away: measured, and rounded up. */
const LOOK_GAS = 8_000;
const CHANGE_GAS = 130_000;

/** How many grants a document has, and how many of them change. */
export type GrantChanges = { readonly all: number; readonly changed: number };

/**
 * Cuts a list into parts that each fit into a transaction, in its order. One document is never cut: its grants, 256 at most, fit into a block. Whoever
 * repeats a command continues behind the parts that were mined: what they changed is no longer there to be changed.
 */
export const inBatches = <Secret>(
  secrets: readonly Secret[],
  changesOf: (secret: Secret) => GrantChanges,
): readonly (readonly Secret[])[] => {
  const batches: Secret[][] = [];
  let gas = MOST_GAS;
  for (const secret of secrets) {
    const { all, changed } = changesOf(secret);
    const own = all * LOOK_GAS + changed * CHANGE_GAS;
    if (gas + own > MOST_GAS) {
      batches.push([]);
      gas = 0;
    }
    batches.at(-1)?.push(secret);
    gas += own;
  }
  return batches;
};
