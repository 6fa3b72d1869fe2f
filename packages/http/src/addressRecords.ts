/** How an address stands by its last requests. `unknown`: there were none lately, or as many of one kind as of the other. */
export type AddressStanding = "good" | "unknown" | "bad";

/** What became of the last requests of addresses. Bounded, and forgotten by and by. */
export type AddressRecords = {
  readonly note: (address: string, outcome: "answered" | "refused") => void;
  readonly standingOf: (address: string) => AddressStanding;
};

const HALF_LIFE_MILLISECONDS = 300_000;
/** How much of a record the newest request is. */
const WEIGHT = 0.25;
/** One answer makes a newcomer good; it takes two refusals to make it bad, and three more to make a good one unknown. */
const GOOD = 0.2;
const BAD = -0.4;

/** @param options.most addresses; the one that was noted longest ago is forgotten first */
export const createAddressRecords = ({ now, most }: { readonly now: () => number; readonly most: number }): AddressRecords => {
  const records = new Map<string, { readonly score: number; readonly at: number }>();
  /** From -1, all refused, to 1, all answered. */
  const scoreOf = (address: string): number => {
    const record = records.get(address);
    if (record === undefined) return 0;
    return record.score * 0.5 ** (Math.max(0, now() - record.at) / HALF_LIFE_MILLISECONDS);
  };
  return {
    note: (address, outcome) => {
      const before = scoreOf(address);
      records.delete(address);
      records.set(address, { score: before + ((outcome === "answered" ? 1 : -1) - before) * WEIGHT, at: now() });
      const [oldest] = records.keys();
      if (records.size > most && oldest !== undefined) records.delete(oldest);
    },
    standingOf: (address) => {
      const score = scoreOf(address);
      return score > GOOD ? "good" : score < BAD ? "bad" : "unknown";
    },
  };
};
