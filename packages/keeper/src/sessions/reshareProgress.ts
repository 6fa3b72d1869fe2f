import type { ReshareStatus } from "@keyquorum/protocol";
import { type KeyId, type SessionId, slotsOf } from "@keyquorum/wire";
import type { ReshareFacts } from "../contracts/reshareFacts.ts";
import { keyLabel, type Metrics } from "../report/metrics.ts";
import type { Consent } from "./consent.ts";

/** A reshare that this keeper takes part in, as it saw it last. Public. */
export type OpenReshare = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
  readonly fromEpoch: number;
  readonly epoch: number;
  readonly status: ReshareStatus;
  /** How many more equal confirmations move the key; 0 before they are asked for, and once it has moved. */
  readonly readyMissing: number;
  /** Old members that have not dealt, new ones that have not confirmed: whoever is due. */
  readonly stragglers: readonly number[];
  /** Why this keeper does not deal, where it is asked to. */
  readonly withheld?: (Consent & { readonly kind: "withheld" })["reason"];
};

/** Reshares under way, for status and metrics. */
export type ReshareProgress = {
  readonly note: (seen: {
    readonly sid: SessionId;
    readonly facts: ReshareFacts;
    readonly slot: number;
    readonly consent: Consent | undefined;
  }) => void;
  readonly over: (sid: SessionId) => void;
  readonly open: () => readonly OpenReshare[];
};

export const createReshareProgress = ({
  metrics,
}: {
  readonly metrics: Pick<Metrics, "reshareReadyMissing" | "resharesWithheld">;
}): ReshareProgress => {
  const open = new Map<SessionId, OpenReshare>();
  const countWithheld = (): void =>
    metrics.resharesWithheld.set([...open.values()].filter(({ withheld }) => withheld !== undefined).length);

  return {
    note: ({ sid, facts, consent }) => {
      const { keyId, fromEpoch, epoch, status } = facts;
      const readyMissing = status === "AwaitingReady" ? Math.max(0, 2 * facts.threshold + 1 - slotsOf(facts.ready).length) : 0;
      const withheld = consent?.kind === "withheld" ? { withheld: consent.reason } : {};
      open.set(sid, { sid, keyId, fromEpoch, epoch, status, readyMissing, stragglers: stragglersOf(facts), ...withheld });
      metrics.reshareReadyMissing.set({ key: keyLabel(keyId) }, readyMissing);
      countWithheld();
    },
    over: (sid) => {
      const known = open.get(sid);
      if (known === undefined) return;
      open.delete(sid);
      metrics.reshareReadyMissing.remove({ key: keyLabel(known.keyId) });
      countWithheld();
    },
    open: () => [...open.values()],
  };
};

const stragglersOf = ({ status, dealers, dealt, committee, ready }: ReshareFacts): readonly number[] => {
  if (status === "Dealing") return slotsOf(dealers & ~dealt);
  return status === "AwaitingReady" ? slotsOf(committee & ~ready) : [];
};
