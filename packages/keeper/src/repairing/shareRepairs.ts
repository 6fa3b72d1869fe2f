import type { Heads } from "@keyquorum/chain";
import { describeError } from "../report/describeError.ts";
import { hasCome } from "../run/every.ts";
import type { MissingShare } from "../shares/keyBook.ts";
import type { HelperFault } from "./askHelpers.ts";
import { type RepairOptions, repairShare } from "./repairShare.ts";
import type { RepairState, RepairStatus } from "./repairStatus.ts";
import type { WantedRepair } from "./wantedRepairs.ts";

/** The repairs of this keeper's own shares. */
export type ShareRepairs = {
  /** Goes on with the repair of every share that is missing; does not wait for any. */
  readonly round: (missing: readonly MissingShare[], heads: Heads) => Promise<void>;
  readonly status: () => readonly RepairStatus[];
  /** Resolves when nobody is being asked. */
  readonly idle: () => Promise<void>;
};

type Options = RepairOptions & {
  /** Undefined: every share. */
  readonly wanted: () => Promise<readonly WantedRepair[] | undefined>;
};

const FIRST_DELAY = 5_000;
const LONGEST_DELAY = 120_000;
/** So many repairs at a time: each asks t+1 keepers. */
const AT_ONCE = 4;

const nameOf = ({ keyId, epoch }: WantedRepair): string => `${keyId}:${epoch}`;

/**
 * Gets shares back that this keeper lost, with the help of t+1 others of the epoch. PROTOCOL section 3.10. What must outlive a crash is the secret x
 * in the vault and the announcement on chain: everything else is asked again, and helpers answer the same question with the same bytes.
 */
export const createShareRepairs = (options: Options): ShareRepairs => {
  const { vault, clock, log } = options;
  const running = new Map<string, Promise<void>>();
  const notBefore = new Map<string, { readonly time: number; readonly tries: number }>();
  const states = new Map<string, RepairStatus>();

  const note = (missing: MissingShare, state: RepairState, faults: readonly HelperFault[] = []): void => {
    const before = states.get(nameOf(missing));
    states.set(nameOf(missing), { ...missing, state, faults });
    if (before?.state !== state) log.info("Repair of a share", { ...missing, state });
  };

  const attempt = async (missing: MissingShare, heads: Heads): Promise<void> => {
    const name = nameOf(missing);
    try {
      const outcome = await repairShare(options, missing, heads, (state) => note(missing, state));
      if (outcome === undefined) return;
      if (outcome.kind === "repaired") {
        states.delete(name);
        notBefore.delete(name);
        return;
      }
      const tries = (notBefore.get(name)?.tries ?? 0) + 1;
      notBefore.set(name, { tries, time: clock.now() + Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (tries - 1)) });
      note(missing, "too_few_helpers", outcome.faults);
    } catch (error) {
      notBefore.set(name, { tries: 1, time: clock.now() + FIRST_DELAY });
      log.warn("A repair could not continue; trying again", { ...missing, ...describeError(error) });
    }
  };

  return {
    round: async (missing, heads) => {
      const names = new Set(missing.map(nameOf));
      for (const known of states.keys()) if (!names.has(known)) states.delete(known);
      for (const stored of await vault.repairKeys.list())
        if (!names.has(nameOf(stored)) && !running.has(nameOf(stored))) await vault.repairKeys.erase(stored);

      const wanted = await options.wanted();
      for (const share of missing) {
        const name = nameOf(share);
        if (wanted !== undefined && !wanted.some((one) => nameOf(one) === name)) note(share, "not_automatic");
        else if (
          !running.has(name) &&
          running.size < AT_ONCE &&
          hasCome(notBefore.get(name)?.time ?? 0, { now: clock.now(), longest: LONGEST_DELAY })
        )
          running.set(
            name,
            attempt(share, heads).finally(() => running.delete(name)),
          );
      }
    },
    status: () => [...states.values()],
    idle: async () => {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
};
