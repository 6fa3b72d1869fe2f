import type { ContractEvent, ContractEventOf } from "@keyquorum/bindings";
import type { MirroredLog, VaultStores } from "@keyquorum/vault";
import type { Logger } from "../report/logger.ts";

/** What a duty may use. `tx` is the transaction that also moves the cursor: an event and what it sets going are one. */
export type DutyContext = {
  readonly tx: Pick<VaultStores, "work" | "epochProposals">;
  readonly log: Logger;
  /** Where the event stands. */
  readonly place: Pick<MirroredLog, "blockNumber" | "blockHash">;
};

/**
 * What a keeper does when it first sees an event: it writes down the work that follows, durably, and nothing else. The work itself is done by
 * a story's handler (`Story.work`), tried again until it is over, and looks at the chain again each time, so that a reorg needs no undoing.
 * Idempotent: an event may be seen again.
 */
export type Duty<Name extends ContractEvent["name"]> = (event: ContractEventOf<Name>, context: DutyContext) => Promise<void>;

/** What each event of the contracts starts. In contracts/interfaces `@custom:duty` names the keeper's own. */
export type Duties = { readonly [Name in ContractEvent["name"]]: Duty<Name> };

/** Work that an event sets going is named by the event's block too: after a reorg the event comes again, as other work. */
export const workIdOf = (kind: string, subject: string | number | bigint, { blockHash }: DutyContext["place"]): string =>
  `${kind}:${subject}:${blockHash}`;
