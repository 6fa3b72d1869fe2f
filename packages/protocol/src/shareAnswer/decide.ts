import type { Hash32 } from "@keyquorum/wire";
import type { CheckedShareRequest, DecidedShareRequest, RefusedShareRequest } from "./request.ts";

/** Result of chain/decidePermission, or UNAVAILABLE where it threw. PROTOCOL section 4.4. */
export type PermissionDecision =
  | "PERMITTED"
  | "ACCESS_DENIED"
  | "PERMISSION_NOT_FINAL"
  | "UNKNOWN_VERSION"
  | "WITHDRAWN_VERSION"
  | "UNAVAILABLE";

/** Turns the permission decision into a state. Taken anew before every send, stored answers included (D27). */
export const decideShareRequest = (
  request: CheckedShareRequest,
  decision: PermissionDecision,
  blocks: { readonly finalBlock: Hash32; readonly headBlock: Hash32 },
): DecidedShareRequest | RefusedShareRequest => {
  throw new Error(`not implemented ${request.requestId} ${decision} ${blocks.headBlock}`);
};
