import { type BlockId, type BrokenFinality, blockByNumber, type Finality, type Heads, type Rpc, type StepResult } from "@keyquorum/chain";
import { KeyquorumError } from "@keyquorum/wire";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Readiness } from "../report/readiness.ts";

/** Finality that was broken, with the block that stands there now, as far as it was looked at. Public. */
export type SeenBreak = BrokenFinality & { readonly foundNow: string };

/**
 * Watches that what this keeper acted on as final stays where it was. Where a majority of its RPC providers shows another block there, nothing is
 * answered, dealt, sent or erased any more, until the operator says which chain to accept: what was given on the chain that is gone cannot be taken
 * back, and somebody who can rewrite final blocks can write permissions. PROTOCOL section 3.8.
 */
export type FinalityGuard = {
  readonly broken: () => SeenBreak | undefined;
  /** Throws KeyquorumError FINALITY_BROKEN. */
  readonly assertStands: () => void;
  /** Looks whether these heads lie on the final block that was seen last. Throws KeyquorumError FINALITY_BROKEN, or what the RPC throws. */
  readonly check: (heads: Heads) => Promise<void>;
  /** Takes over what a step of the follower saw. */
  readonly note: (step: Pick<StepResult, "state" | "foundNow">) => void;
  /** What `check` saw and the follower has not written down yet. */
  readonly unwritten: () => BrokenFinality | undefined;
};

export const createFinalityGuard = (options: {
  readonly rpc: Rpc;
  readonly finality: Finality;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "finalityBroken">;
  readonly readiness: Readiness;
}): FinalityGuard => {
  const { rpc, finality, log, metrics, readiness } = options;
  const isNothingFinal = finality.kind === "confirmations" && finality.blocks === 0;
  let [last, unwritten, broken]: [BlockId?, BrokenFinality?, SeenBreak?] = [];

  const become = (seen: SeenBreak | undefined): void => {
    metrics.finalityBroken.set(seen === undefined ? 0 : 1);
    readiness.set("finality_broken", seen !== undefined);
    if (seen !== undefined && (broken === undefined || broken.foundNow !== seen.foundNow))
      log.error(
        "A block that had counted as final is gone from the chain: this keeper answers, deals, sends and erases nothing until its operator accepts a chain with `keyquorum-keeper resume`",
        { block: seen.final.number, was: seen.final.hash, now: seen.foundNow, ...(seen.accepted && { accepted: seen.accepted }) },
      );
    if (seen === undefined && broken !== undefined)
      log.warn("The operator accepted the chain as it is: this keeper continues", {
        block: broken.final.number,
        accepted: broken.accepted,
      });
    broken = seen;
  };
  const assertStands = (): void => {
    if (broken !== undefined) throw new KeyquorumError("FINALITY_BROKEN");
  };

  return {
    broken: () => broken,
    assertStands,
    check: async ({ head, final }) => {
      assertStands();
      const known = last;
      if (isNothingFinal) return;
      if (known !== undefined && known.hash !== final.hash && head.number >= known.number) {
        const there = final.number === known.number ? final : await blockByNumber(rpc, known.number);
        if (there !== undefined && there.hash !== known.hash) {
          unwritten = { final: known, found: there.hash };
          become({ ...unwritten, foundNow: there.hash });
        }
        assertStands();
      }
      last = newer(last, final);
    },
    note: ({ state, foundNow }) => {
      if (state.broken !== undefined) {
        unwritten = undefined;
        become({ ...state.broken, foundNow: foundNow ?? broken?.foundNow ?? state.broken.found });
      } else if (unwritten === undefined) {
        if (broken !== undefined) last = undefined; // another chain may have been accepted
        become(undefined);
        last = newer(last, state.final ?? undefined);
      }
    },
    unwritten: () => unwritten,
  };
};

const newer = (known: BlockId | undefined, seen: BlockId | undefined): BlockId | undefined =>
  seen === undefined || (known !== undefined && known.number >= seen.number) ? known : { number: seen.number, hash: seen.hash };
