/** Bytes of request bodies that are under way: bounded in all, and for each address. */
export type BodyBudget = {
  /** Takes room for a body; undefined: there is none now. What it returns gives the room back, once, however often it is called. */
  readonly take: (address: string, bytes: number) => (() => void) | undefined;
};

/** As large as the body of any other route: the bound on connections is their bound. */
export const FREE_BYTES = 16_384;
const MiB = 1024 * 1024;
/** An address has so large a part of the whole. */
const SHARE = 4;

/**
 * @param largest of one body, in bytes: one of these always fits, and each of two addresses may have one
 */
export const createBodyBudget = (largest: number): BodyBudget => {
  const most = Math.max(64 * MiB, 2 * largest);
  const mostOfOne = Math.max(most / SHARE, largest);
  const taken = new Map<string, number>();
  let all = 0;
  return {
    take: (address, bytes) => {
      if (bytes <= FREE_BYTES) return () => undefined;
      const own = taken.get(address) ?? 0;
      if (all + bytes > most || own + bytes > mostOfOne) return undefined;
      all += bytes;
      taken.set(address, own + bytes);
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        all -= bytes;
        const left = (taken.get(address) ?? 0) - bytes;
        if (left > 0) taken.set(address, left);
        else taken.delete(address);
      };
    },
  };
};
