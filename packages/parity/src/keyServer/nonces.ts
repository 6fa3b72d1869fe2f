/** Nonces that were seen, until they expire. Times are in seconds. */
export type SeenNonces = {
  /** "seen": it is remembered. "full": this address has as many as it may. Otherwise it is remembered from now on. */
  readonly take: (nonce: { readonly name: string; readonly address: string; readonly until: number; readonly now: number }) => TakenNonce;
};

export type TakenNonce = "taken" | "seen" | "full";

/** What an address sends within the longest expiry at the usual limit of requests; a flood of one address ends itself and nobody else. */
const MOST_PER_ADDRESS = 6_000;
const MOST = 100_000;

/**
 * Bounded, with a share for each address. Where addresses together hold too many, those that hold most lose the older half of theirs: what others sent stays
 * remembered, so that whoever floods from many addresses frees its own requests to be sent again, and not somebody else's.
 */
export const createSeenNonces = (limits = { perAddress: MOST_PER_ADDRESS, all: MOST }): SeenNonces => {
  /** By address, oldest first: a nonce's name and when it expires. */
  const byAddress = new Map<string, Map<string, number>>();
  const seen = new Set<string>();

  const forget = (address: string, held: Map<string, number>, isOver: (until: number, at: number) => boolean): void => {
    let at = 0;
    for (const [name, until] of held) {
      if (isOver(until, at)) {
        held.delete(name);
        seen.delete(name);
      }
      at += 1;
    }
    if (held.size === 0) byAddress.delete(address);
  };
  const makeRoom = (now: number): void => {
    for (const [address, held] of byAddress) forget(address, held, (until) => until <= now);
    if (seen.size < limits.all) return;
    let most = 0;
    for (const held of byAddress.values()) most = Math.max(most, held.size);
    for (const [address, held] of byAddress) {
      const older = Math.ceil(held.size / 2);
      if (2 * held.size >= most) forget(address, held, (_, at) => at < older);
    }
  };
  return {
    take: ({ name, address, until, now }) => {
      if (seen.has(name)) return "seen";
      const own = byAddress.get(address);
      if (own !== undefined && own.size >= limits.perAddress) {
        forget(address, own, (expiry) => expiry <= now);
        if (own.size >= limits.perAddress) return "full";
      }
      if (seen.size >= limits.all) makeRoom(now);
      const held = byAddress.get(address) ?? new Map<string, number>();
      byAddress.set(address, held.set(name, until));
      seen.add(name);
      return "taken";
    },
  };
};
