import type { MissingShare } from "../shares/keyBook.ts";
import type { HelperFault } from "./askHelpers.ts";

/**
 * How far the repair of a share is. announcing: its announcement is not on chain yet. waiting_for_finality: it is not final yet. asking: helpers are
 * asked. too_few_helpers: fewer than t+1 helped; tried again. not_automatic: the operator starts it. These wait for the next epoch: identity_lost:
 * this keeper's identity key of the epoch is gone. operator_changed: the epoch's operator account is not this keeper's any more. removed, revoked:
 * nobody helps a keeper that was removed, nor one whose account or identity key of the epoch was revoked as stolen.
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
