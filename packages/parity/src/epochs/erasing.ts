import type { ExtensionServices } from "@keyquorum/keeper";
import { areMembersOf, type SeenEpoch } from "../proofs/serverKeyProof.ts";
import { deleteLeftKey, type LeftKey, leftKeyName, listLeftKeys } from "../records/leftKeys.ts";
import type { EpochMembers } from "../retrieval/membership.ts";
import { seeEpoch, withheldFromEpoch } from "./seenEpochs.ts";

/** Since when, without a break, the chain has called an epoch open that keys were moved to, by this keeper's clock; and who is in it. */
type Standing = { readonly since: number; readonly seenAt: number; readonly committee: string };

const TABLE = "server-key-standing";
const ROUND_MILLISECONDS = 10_000;
const PAGE = 256;
const MOST_OF_A_ROUND = 64;

type Services = Pick<ExtensionServices, "chain" | "members" | "epochs" | "clock" | "log" | "table" | "transaction">;

/**
 * Erases shares that were moved to a later epoch: only where the operator still consents to that epoch, and the final chain has called it open, with the
 * same members, who are those that confirmed the move, for the whole of the keeper's wait. A gap between two looks that is longer than the wait begins it
 * again. PROTOCOL sections 3.9 and 8.6.
 * Its round answers with how many shares are left.
 */
export const createErasing = (services: Services): (() => Promise<number>) => {
  const { clock, log } = services;
  let lastRound = Number.NEGATIVE_INFINITY;
  let left = 0;

  const standingOf = async (epoch: number, seen: SeenEpoch & EpochMembers, wait: number): Promise<Standing | undefined> => {
    // The least threshold counts where a share is dealt: what is there already is no secret of this keeper's any more.
    const isWithheld = (await withheldFromEpoch(services, epoch, seen)) !== undefined;
    const committee = JSON.stringify(seen.members.map(({ slot, identityKey }) => [slot, identityKey.toHex()]));
    return services.transaction(async (tx) => {
      const table = tx.table(TABLE);
      const bytes = await table.get(String(epoch));
      if (isWithheld) {
        if (bytes !== undefined) await table.delete(String(epoch));
        return undefined;
      }
      const before = bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as Standing); // true: it was sealed by this keeper
      const now = clock.now();
      const isUnbroken = before !== undefined && before.committee === committee && now >= before.seenAt && now - before.seenAt <= wait;
      const standing = { since: isUnbroken ? before.since : now, seenAt: now, committee };
      await table.put(String(epoch), new TextEncoder().encode(JSON.stringify(standing)));
      return standing;
    });
  };

  const eraseDue = async (): Promise<void> => {
    const all: LeftKey[] = [];
    for (let after: string | undefined; ; ) {
      const page = await listLeftKeys(services, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      all.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = leftKeyName(last);
    }
    left = all.length;
    if (all.length === 0) return;
    const wait = await services.epochs.eraseDelayMilliseconds(await services.chain.look());
    for (const epoch of new Set(all.map(({ toEpoch }) => toEpoch))) {
      const seen = await seeEpoch(services, epoch);
      const standing = await standingOf(epoch, seen, wait);
      if (standing === undefined) continue;
      const isDue = ({ toEpoch, members, at }: LeftKey): boolean =>
        toEpoch === epoch && areMembersOf(seen, members) && Math.max(at, standing.since) + wait <= clock.now();
      const due = all.filter(isDue);
      for (const one of due.slice(0, MOST_OF_A_ROUND)) {
        await services.transaction((tx) => deleteLeftKey(tx, one));
        left -= 1;
      }
      if (due.length > 0)
        log.info("Shares of server keys that were moved are erased", { epoch, erased: Math.min(due.length, MOST_OF_A_ROUND) });
    }
  };

  return async () => {
    const now = clock.now();
    if (now >= lastRound && now - lastRound < ROUND_MILLISECONDS) return left;
    lastRound = now;
    await eraseDue();
    return left;
  };
};
