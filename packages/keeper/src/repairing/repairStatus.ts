import type { MissingShare } from "../shares/keyBook.ts";
import type { HelperFault } from "./askHelpers.ts";

/**
 * The progress of a share's repair. announcing: the announcement is not on chain yet. waiting_for_finality: it is not final yet. asking: helpers are
 * being asked. too_few_helpers: fewer than t+1 helped; it is retried. not_automatic: the operator must start it. The others wait for the next epoch.
 * identity_lost: this keeper's identity key of the epoch is gone. operator_changed: the epoch's operator account is no longer this keeper's. removed,
 * revoked: nobody helps a removed keeper, or one whose account or identity key of the epoch was revoked as stolen.
 */
export type RepairState =
  | "announcing"
  | "waiting_for_finality"
  | "asking"
  | "too_few_helpers"
  | "not_automatic"
  | "identity_lost"
  | "operator_changed"
  | "removed"
  | "revoked";

export type RepairStatus = MissingShare & { readonly state: RepairState; readonly faults: readonly HelperFault[] };
