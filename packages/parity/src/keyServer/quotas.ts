import type { Address } from "@keyquorum/wire";
import { KeyServerError } from "../formats/keyServerError.ts";

/** How many server keys strangers may have generated in a day (UTC): each is stored for ever, by every keeper. */
export type QuotaLimits = { readonly perAuthor: number; readonly perAddress: number; readonly total: number };

/** What was generated today, in all: kept over restarts where there is a table for it. */
export type QuotaRow = { readonly day: number; readonly total: number };

export type QuotaStore = { readonly read: () => Promise<QuotaRow | undefined>; readonly write: (row: QuotaRow) => Promise<void> };

/** One generation: by whom, what it does, and where it failed whether something is stored for it nevertheless. */
export type CountedGeneration<Result> = {
  readonly author: Address;
  readonly address: string;
  readonly generate: () => Promise<Result>;
  /** Asked once it has failed. What it throws counts as stored: nobody can say. */
  readonly isStored: () => Promise<boolean>;
};

export type Quotas = {
  /**
   * Generates within the quotas: what is under way takes its part of them, and keeps it where it succeeds or something is stored all the same. Throws
   * KeyServerError TooManyRequests, and what `generate` throws.
   */
  readonly within: <Result>(generation: CountedGeneration<Result>) => Promise<Result>;
};

const DAY_MILLISECONDS = 86_400_000;

/**
 * Quotas of a day, for a key server that takes any author. Bounded: who is remembered has a part of `total`. The store is never behind what is taken, and
 * is written at most `total` times a day: what is given back is not written, so that a restart may count what was under way at once.
 * @param options.onHalf called once a day, when half of the total is stored; `onUsed`: whenever the share that is stored changes, 0 to 1
 */
export const createQuotas = (options: {
  readonly limits: QuotaLimits;
  readonly now: () => number;
  readonly store?: QuotaStore | undefined;
  readonly onHalf: () => void;
  readonly onUsed: (share: number) => void;
}): Quotas => {
  const { limits, store, onHalf, onUsed } = options;
  let day = -1;
  /** Taken: stored, or under way. */
  let total = 0;
  let stored = 0;
  let warned = -1;
  let [authors, addresses] = [new Map<string, number>(), new Map<string, number>()];
  let written: QuotaRow = { day: -1, total: 0 };
  /** Writes come one after the other. */
  let writing: Promise<void> = Promise.resolve();

  const today = async (): Promise<void> => {
    const row = day === -1 ? await store?.read() : undefined;
    const now = Math.floor(options.now() / DAY_MILLISECONDS);
    if (day === now) return;
    const isRestart = day === -1 && row?.day === now;
    if (isRestart) written = row;
    [day, total] = [now, isRestart ? row.total : 0];
    stored = total;
    [authors, addresses] = [new Map(), new Map()];
    onUsed(stored / limits.total);
  };
  const write = async (row: QuotaRow): Promise<void> => {
    const own = writing.then(async () => {
      if (written.day === row.day && written.total >= row.total) return;
      await store?.write(row);
      written = row;
    });
    writing = own.catch(() => undefined);
    await own;
  };
  const keep = (): void => {
    stored += 1;
    onUsed(stored / limits.total);
    if (2 * stored < limits.total || warned === day) return;
    warned = day;
    onHalf();
  };
  return {
    within: async ({ author, address, generate, isStored }) => {
      await today();
      refuseAbove(limits.total, total, "all");
      refuseAbove(limits.perAuthor, authors.get(author) ?? 0, "this author");
      refuseAbove(limits.perAddress, addresses.get(address) ?? 0, "this address");
      const taken = day;
      const counted = [[authors, author] as const, [addresses, address] as const];
      total += 1;
      for (const [counts, name] of counted) add(counts, name, 1);
      const settle = (isKept: boolean): void => {
        if (taken !== day) return;
        if (isKept) keep();
        else {
          total -= 1;
          for (const [counts, name] of counted) add(counts, name, -1);
        }
      };
      try {
        await write({ day, total });
      } catch (error) {
        settle(false);
        throw error;
      }
      try {
        const result = await generate();
        settle(true);
        return result;
      } catch (error) {
        settle(await isStored().catch(() => true));
        throw error;
      }
    },
  };
};

const add = (counts: Map<string, number>, name: string, by: 1 | -1): void => {
  const count = (counts.get(name) ?? 0) + by;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
};

const refuseAbove = (limit: number, taken: number, whose: string): void => {
  if (taken >= limit) throw new KeyServerError("TooManyRequests", `the server keys of today are used up for ${whose}`);
};
