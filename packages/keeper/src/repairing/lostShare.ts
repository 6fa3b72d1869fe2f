import type { Point, SecretScalar } from "@keyquorum/threshold";
import type { RepairDomain, RepairId } from "@keyquorum/wire";
import type { BulkWork } from "../bulk/bulkWork.ts";
import type { CommitteeMember } from "../contracts/chainReader.ts";
import type { Sign } from "../membership/identity.ts";
import type { PeerTransport } from "../peers/peerTransport.ts";

/** What the keeper that lost its share knows of the repair: all from the chain but `secret`, the discrete logarithm of X. */
export type LostShare = {
  readonly domain: RepairDomain;
  readonly repairId: RepairId;
  readonly lost: number;
  readonly threshold: number;
  readonly secret: SecretScalar;
  readonly sign: Sign;
  readonly verifyingShares: ReadonlyMap<number, Point>;
  /** Other members, the ones to ask first in front. */
  readonly candidates: readonly CommitteeMember[];
  readonly transport: PeerTransport;
  readonly bulk: BulkWork;
  /** By slot, as their operators wrote them into the registry. */
  readonly endpoints: ReadonlyMap<number, string>;
};

/** One repair by one set of helpers, by ascending slot. */
export type RepairBy = { readonly repairId: RepairId; readonly helpers: readonly number[] };
