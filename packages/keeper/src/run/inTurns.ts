import { nextTurn } from "@keyquorum/chain";

/** So much is begun in one turn of the event loop: about 2 ms where each asks the chain a few questions. */
const AT_ONCE = 4;

/**
 * What `work` makes of each item, in the items' order; side by side, but begun a few in each turn of the event loop, so that answers wait for no more than
 * these. Throws what the first of them throws that fails, and begins none after it.
 */
export const mapInTurns = async <Item, Made>(
  items: Iterable<Item>,
  work: (item: Item) => Made | Promise<Made>,
  atOnce = AT_ONCE,
): Promise<readonly Made[]> => {
  const begun: (Made | Promise<Made>)[] = [];
  let failed: { readonly error: unknown } | undefined;
  for (const item of items) {
    if (begun.length > 0 && begun.length % atOnce === 0) await nextTurn();
    if (failed !== undefined) throw failed.error;
    const made = work(item);
    if (made instanceof Promise)
      made.catch((error: unknown) => {
        failed ??= { error };
      });
    begun.push(made);
  }
  return Promise.all(begun);
};
