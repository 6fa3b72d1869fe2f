import type { ExtensionServices } from "@keyquorum/keeper";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import type { Holder } from "./holder.ts";
import type { NamedMembers } from "./namedMembers.ts";
import type { Acl } from "./permission.ts";

/** What the keeper that a client asked needs to drive. It decides whom to ask and when, nothing else. */
export type CoordinatorOptions = {
  readonly services: Pick<
    ExtensionServices,
    | "chain"
    | "members"
    | "peers"
    | "decidePermission"
    | "verifySignature"
    | "clock"
    | "stopping"
    | "log"
    | "metrics"
    | "assertServing"
    | "transaction"
    | "table"
  >;
  readonly records: ServerKeyRecords;
  /** This keeper's own part, as any other member's. */
  readonly holder: Holder;
  readonly named: NamedMembers;
  readonly acl: Acl;
  /** 32 fresh bytes, of the hedged source: for one question about one server key. */
  readonly random32: (use: string, serverKeyId: Uint8Array) => Uint8Array;
};
