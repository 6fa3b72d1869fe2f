import type { ExtensionServices } from "@keyquorum/keeper";
import { bytesToHex } from "@keyquorum/wire";
import type { MemberFault } from "./askMembers.ts";

/** What refusals are no member's fault: it may see the chain as it is. */
const DECISIONS: readonly string[] = ["ACCESS_DENIED", "PERMISSION_NOT_FINAL"];

/** Names members that were dropped: in the log by slot, in a metric by reason. */
export type NamedMembers = { readonly name: (serverKeyId: Uint8Array, faults: readonly MemberFault[]) => void };

export const createNamedMembers = ({ log, metrics }: Pick<ExtensionServices, "log" | "metrics">): NamedMembers => {
  const named = metrics.counter({
    name: "named_members_total",
    help: "Members that were dropped from a retrieval or did not confirm a document key, by reason.",
    labelNames: ["reason"],
  });
  return {
    name: (serverKeyId, faults) => {
      for (const { slot, reason } of faults) {
        named.inc({ reason });
        if (!DECISIONS.includes(reason)) log.warn("A member is dropped", { serverKeyId: bytesToHex(serverKeyId), slot, reason });
      }
    },
  };
};
