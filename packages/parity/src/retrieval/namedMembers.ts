import type { ExtensionServices } from "@keyquorum/keeper";
import { bytesToHex } from "@keyquorum/wire";
import type { KeyServerReport } from "../keyServer/report.ts";
import type { MemberFault } from "./askMembers.ts";

/** Refusals that are no fault: a member may see the chain as it is. */
const DECISIONS: readonly string[] = ["ACCESS_DENIED", "PERMISSION_NOT_FINAL"];

/** Names members that were dropped: in the log, and counted. */
export type NamedMembers = { readonly name: (serverKeyId: Uint8Array, faults: readonly MemberFault[]) => void };

export const createNamedMembers = ({ log }: Pick<ExtensionServices, "log">, report: Pick<KeyServerReport, "named">): NamedMembers => ({
  name: (serverKeyId, faults) => {
    for (const { slot, reason } of faults) {
      if (DECISIONS.includes(reason)) continue;
      report.named(slot, reason);
      log.warn("A member is dropped", { serverKeyId: bytesToHex(serverKeyId), slot, reason });
    }
  },
});
