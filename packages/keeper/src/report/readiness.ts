/** Why a keeper does not serve. Stable words, for alerts and for people. */
export type UnreadyReason =
  | "starting"
  | "chain_unreachable"
  | "chain_stale"
  | "chain_behind"
  | "finality_broken"
  | "not_registered"
  | "no_epoch_key"
  | "identity_lost"
  | "identity_revoked"
  | "operator_revoked"
  | "work_failing"
  | "vault_damaged"
  | "audit_broken"
  | "draining"
  /** An extension's own: its name, and its word. */
  | `${string}/${string}`;

/**
 * What whoever watches a keeper should know although it serves: `/readyz` stays 200 with it. deals_later: the operator's delay holds its shares back
 * from an epoch until then, so that a reshare before goes without its dealing. shares_missing: of so many keys its share was lost, is damaged, or is not
 * what the chain knows; it serves all others.
 */
export type Notice =
  | { readonly notice: "deals_later"; readonly epoch: number; readonly until: string }
  | { readonly notice: "shares_missing"; readonly keys: number };

/** Whether this keeper serves, and why not. Each part of the keeper reports its own reasons. */
export type Readiness = {
  readonly set: (reason: UnreadyReason, holds: boolean) => void;
  readonly reasons: () => readonly UnreadyReason[];
  readonly isReady: () => boolean;
};

export const createReadiness = (onChange: (reasons: readonly UnreadyReason[]) => void = () => undefined): Readiness => {
  const reasons = new Set<UnreadyReason>(["starting"]);
  return {
    set: (reason, holds) => {
      if (holds === reasons.has(reason)) return;
      if (holds) reasons.add(reason);
      else reasons.delete(reason);
      onChange([...reasons]);
    },
    reasons: () => [...reasons],
    isReady: () => reasons.size === 0,
  };
};
