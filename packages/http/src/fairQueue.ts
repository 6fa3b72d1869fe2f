/** Round robin over addresses, first in first out for each. */
export type FairQueue<Item> = {
  readonly length: () => number;
  readonly lengthOf: (address: string) => number;
  /** The next address that is wanted. */
  readonly first: (isWanted: (address: string) => boolean) => string | undefined;
  readonly add: (address: string, item: Item) => void;
  /** The next item of the next address that is wanted, which is the last one from then on. */
  readonly take: (isWanted: (address: string) => boolean) => Item | undefined;
  /** Who waits. */
  readonly addresses: () => readonly string[];
  /** The item of an address that came last. */
  readonly takeLast: (address: string) => Item | undefined;
  readonly holds: (address: string, item: Item) => boolean;
  /** False: it was taken already. */
  readonly remove: (address: string, item: Item) => boolean;
};

/** @param onLength called when the length changes */
export const createFairQueue = <Item>(onLength: (length: number) => void): FairQueue<Item> => {
  const byAddress = new Map<string, Item[]>();
  let length = 0;
  const changed = (by: 1 | -1): void => {
    length += by;
    onLength(length);
  };
  const first = (isWanted: (address: string) => boolean): string | undefined => [...byAddress.keys()].find(isWanted);
  return {
    length: () => length,
    lengthOf: (address) => byAddress.get(address)?.length ?? 0,
    first,
    add: (address, item) => {
      byAddress.set(address, [...(byAddress.get(address) ?? []), item]);
      changed(1);
    },
    take: (isWanted) => {
      const address = first(isWanted);
      if (address === undefined) return undefined;
      const [item, ...rest] = byAddress.get(address) ?? [];
      byAddress.delete(address);
      if (rest.length > 0) byAddress.set(address, rest);
      changed(-1);
      return item;
    },
    addresses: () => [...byAddress.keys()],
    takeLast: (address) => {
      const items = byAddress.get(address) ?? [];
      const last = items.at(-1);
      if (last === undefined) return undefined;
      if (items.length === 1) byAddress.delete(address);
      else byAddress.set(address, items.slice(0, -1));
      changed(-1);
      return last;
    },
    holds: (address, item) => byAddress.get(address)?.includes(item) ?? false,
    remove: (address, item) => {
      const items = byAddress.get(address) ?? [];
      if (!items.includes(item)) return false;
      const rest = items.filter((other) => other !== item);
      if (rest.length === 0) byAddress.delete(address);
      else byAddress.set(address, rest);
      changed(-1);
      return true;
    },
  };
};
