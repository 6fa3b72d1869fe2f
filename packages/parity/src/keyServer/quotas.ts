import type { Address } from "@keyquorum/wire";
import { KeyServerError } from "../formats/keyServerError.ts";

/** How many server keys strangers may have generated in a day (UTC): each is stored for ever, by every keeper. */
export type QuotaLimits = { readonly perAuthor: number; readonly perAddress: number; readonly total: number };

/** What was generated today, in all: kept over restarts where there is a table for it. */
export type QuotaRow = { readonly day: number; readonly total: number };

export type QuotaStore = { readonly read: () => Promise<QuotaRow | undefined>; readonly write: (row: QuotaRow) => Promise<void> };

export type Quotas = {
  /**
   * Takes one generation from the quotas, before it begins. Resolves with what gives it back: for a generation that stored nothing. Throws KeyServerError
   * TooManyRequests.
   */
  readonly take: (by: { readonly author: Address; readonly address: string }) => Promise<() => Promise<void>>;
};

const DAY_MILLISECONDS = 86_400_000;

/**
 * Quotas of a day, for a key server that takes any author. Bounded: who is remembered took one of `total`.
 * @param options.onHalf called once a day, when half of the total is gone; `onUsed`: whenever the share changes, 0 to 1
 */
export const createQuotas = (options: {
  readonly limits: QuotaLimits;
  readonly now: () => number;
  readonly store?: QuotaStore | undefined;
  readonly onHalf: () => void;
  readonly onUsed: (share: number) => void;
}): Quotas => {
  const { limits, store } = options;
  let [day, total, warned] = [-1, 0, -1];
  let [authors, addresses] = [new Map<string, number>(), new Map<string, number>()];
  /** Writes come one after the other, each with the count of its moment. */
  let written: Promise<void> = Promise.resolve();

  const today = async (): Promise<void> => {
    const row = day === -1 ? await store?.read() : undefined;
    const now = Math.floor(options.now() / DAY_MILLISECONDS);
    if (day === -1 && row?.day === now) [day, total] = [now, row.total];
    if (day === now) return;
    [day, total] = [now, 0];
    [authors, addresses] = [new Map(), new Map()];
  };
  const change = async (by: 1 | -1, counted: readonly (readonly [Map<string, number>, string])[]): Promise<void> => {
    total += by;
    for (const [counts, name] of counted) counts.set(name, (counts.get(name) ?? 0) + by);
    options.onUsed(total / limits.total);
    if (2 * total >= limits.total && warned !== day) {
      warned = day;
      options.onHalf();
    }
    const writing = written.then(() => store?.write({ day, total }));
    written = writing.catch(() => undefined);
    await writing;
  };
  return {
    take: async ({ author, address }) => {
      await today();
      refuseAbove(limits.total, total, "all");
      refuseAbove(limits.perAuthor, authors.get(author) ?? 0, "this author");
      refuseAbove(limits.perAddress, addresses.get(address) ?? 0, "this address");
      const [taken, counted] = [day, [[authors, author] as const, [addresses, address] as const]];
      await change(1, counted);
      return async () => {
        if (taken === day) await change(-1, counted);
      };
    },
  };
};

const refuseAbove = (limit: number, taken: number, whose: string): void => {
  if (taken >= limit) throw new KeyServerError("TooManyRequests", `the server keys of today are used up for ${whose}`);
};
