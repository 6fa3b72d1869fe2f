import type { OwnStores } from "@keyquorum/keeper";
import { KeyquorumError } from "@keyquorum/wire";

/** How many sessions of server keys this keeper accepts in a day (UTC): of one coordinator, itself included, and of all. */
export type MemberLimits = { readonly perMember: number; readonly allMembers: number };

/** Kept in the vault, so that no restart gives anything back, and counted in the transaction that stores what is counted. */
export type MemberQuota = {
  /** Throws RATE_LIMITED where the day's are used up. */
  readonly require: (stores: Pick<OwnStores, "table">, coordinator: number) => Promise<void>;
  /** Counts one. What is given up later stays counted. Throws RATE_LIMITED. */
  readonly take: (tx: Pick<OwnStores, "table">, coordinator: number) => Promise<void>;
};

/** A day's count by the coordinator's slot. */
type Row = { readonly day: number; readonly counts: Readonly<Record<string, number>> };

const DAY_MILLISECONDS = 86_400_000;
const TABLE = "quotas";
const KEY = "members";

/** @param onUsedUp told once a day of each coordinator whose sessions are used up; undefined: those of all are */
export const createMemberQuota = ({
  limits,
  now,
  onUsedUp,
}: {
  readonly limits: MemberLimits;
  readonly now: () => number;
  readonly onUsedUp: (coordinator: number | undefined) => void;
}): MemberQuota => {
  let told = { day: -1, whose: new Set<number | undefined>() };
  const refuse = (day: number, whose: number | undefined): never => {
    if (told.day !== day) told = { day, whose: new Set() };
    if (!told.whose.has(whose)) onUsedUp(whose);
    told.whose.add(whose);
    throw new KeyquorumError("RATE_LIMITED", "The server keys that this keeper generates with others in a day are used up.", {
      details: { retryAfterSeconds: Math.ceil(((day + 1) * DAY_MILLISECONDS - now()) / 1_000) },
    });
  };
  const required = async (stores: Pick<OwnStores, "table">, coordinator: number): Promise<Row> => {
    const bytes = await stores.table(TABLE).get(KEY);
    const row = bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as Row); // true: it was sealed by this keeper
    const day = Math.floor(now() / DAY_MILLISECONDS);
    const counts = row?.day === day ? row.counts : {};
    if ((counts[coordinator] ?? 0) >= limits.perMember) refuse(day, coordinator);
    if (Object.values(counts).reduce((sum, count) => sum + count, 0) >= limits.allMembers) refuse(day, undefined);
    return { day, counts };
  };
  return {
    require: async (stores, coordinator) => void (await required(stores, coordinator)),
    take: async (tx, coordinator) => {
      const { day, counts } = await required(tx, coordinator);
      const next: Row = { day, counts: { ...counts, [coordinator]: (counts[coordinator] ?? 0) + 1 } };
      await tx.table(TABLE).put(KEY, new TextEncoder().encode(JSON.stringify(next)));
    },
  };
};
