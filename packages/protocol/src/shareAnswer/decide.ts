import type { Hash32, RequestId } from "@keyquorum/wire";
import { refuse } from "./refuse.ts";
import type { CheckedShareRequest, DecidedShareRequest, RefusedShareRequest } from "./request.ts";

/** Result of chain/decidePermission, or UNAVAILABLE where it threw. PROTOCOL section 4.4. */
export type PermissionDecision =
  | "PERMITTED"
  | "ACCESS_DENIED"
  | "PERMISSION_NOT_FINAL"
  | "UNKNOWN_VERSION"
  | "WITHDRAWN_VERSION"
  | "UNAVAILABLE";

/** Turns the permission decision into a state. Taken again before every send, stored answers included (D27). */
export const decideShareRequest = (
  request: CheckedShareRequest,
  decision: PermissionDecision,
  { finalBlock, headBlock }: { readonly finalBlock: Hash32; readonly headBlock: Hash32 },
): DecidedShareRequest | RefusedShareRequest => {
  if (decision === "PERMITTED") return { ...request, state: "decided", finalBlock, headBlock };
  return denyShareRequest(request.requestId, decision);
};

/** What a decision that is no permission is called on the way out, whether or not the request was checked before. */
export const denyShareRequest = (requestId: RequestId, decision: Exclude<PermissionDecision, "PERMITTED">): RefusedShareRequest => {
  switch (decision) {
    case "ACCESS_DENIED":
    case "PERMISSION_NOT_FINAL":
    case "UNAVAILABLE":
      return refuse(requestId, decision);
    case "UNKNOWN_VERSION":
    case "WITHDRAWN_VERSION":
      return refuse(requestId, "UNKNOWN_DOCUMENT");
    default:
      return decision satisfies never;
  }
};
