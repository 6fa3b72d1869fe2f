import type { StillWanted } from "@keyquorum/chain";
import type { Logger } from "../report/logger.ts";
import type { MayResend, SignedIntent } from "./story.ts";

/** Who decides whether transactions that were signed earlier may be sent again: each kind belongs to one story. */
export type Resends = {
  /** False: another story has the kind. */
  readonly claim: (kind: string, mayResend: MayResend) => boolean;
  readonly isStillWanted: (intent: { readonly kind: string; readonly subject: string }, signed: SignedIntent) => Promise<StillWanted>;
};

/** A kind that no story claims is of a story that this keeper does not have any more: what it wanted, nobody can judge, so it is withdrawn. */
export const createResends = ({ log }: { readonly log: Logger }): Resends => {
  const claimed = new Map<string, MayResend>();
  return {
    claim: (kind, mayResend) => {
      if (claimed.has(kind)) return false;
      claimed.set(kind, mayResend);
      return true;
    },
    isStillWanted: async ({ kind, subject }, signed) => {
      const mayResend = claimed.get(kind);
      if (mayResend !== undefined) return mayResend(subject, signed);
      log.warn("A transaction is withdrawn: this keeper has no part that could say whether it is still wanted", { kind });
      return "no";
    },
  };
};

/** For transactions that do no harm whenever they come. */
export const ALWAYS: MayResend = async () => "yes";
