// A repair of alice's network, helper by helper, and ways to spoil it.
import {
  createContribution,
  createRepairDealing,
  openContribution,
  openRepairShare,
  type Point,
  parseRepairDealing,
  type RepairDealing,
  recoverShare,
  repairRandomOf,
  repairSessionOf,
  type SecretScalar,
} from "../src/index.ts";
import { keyPair, type Network, name32, network, seededRandom } from "./fixtures.ts";

export const REPAIR_ID = name32("repair");
export const reader = keyPair("mallory's disk is new");

/** Keeper `lost` of a network asks `helperSlots`. */
export function repairOf({
  net = network(),
  lost = 2,
  helperSlots = [1, 3, 4],
  repairId = REPAIR_ID,
}: {
  readonly net?: Network;
  readonly lost?: number;
  readonly helperSlots?: readonly number[];
  readonly repairId?: Uint8Array;
}) {
  const { committee, shares } = net;
  const { threshold } = committee;
  const sid = repairSessionOf(repairId, helperSlots);
  const indexOf = (slot: number): number => committee.members.findIndex((member) => member.slot === slot);
  const helpers = committee.members.filter(({ slot }) => helperSlots.includes(slot));
  const secretOf = (slot: number): SecretScalar => committee.secrets[indexOf(slot)] as SecretScalar;
  const shareOf = (slot: number): SecretScalar => (shares[indexOf(slot)] as (typeof shares)[number]).share;
  const verifyingShareOf = (slot: number): Point => shares[0]?.verifyingShares.get(slot) as Point;
  const shape = { threshold, helpers: helpers.length };
  const bytes = new Map(
    helperSlots.map((helper) => {
      const random = repairRandomOf({ secret: name32(`secret of ${helper}`), sid, use: "dealing" });
      return [helper, createRepairDealing({ sid, helper, lost, threshold, helpers }, random)];
    }),
  );
  const dealings = new Map([...bytes].map(([helper, dealing]) => [helper, parseRepairDealing(dealing, shape)]));
  const toOpen = (helper: number, recipient: number, dealing = dealings.get(helper) as RepairDealing) => ({
    sid, helper, recipient, encryptionSecret: secretOf(recipient), threshold, helpers, lost, dealing,
  }); // biome-ignore format: one list
  const masksOf = (recipient: number) =>
    helperSlots.map((helper) => {
      const opened = openRepairShare(toOpen(helper, recipient));
      if (opened.kind === "invalid") throw new Error(`helper ${helper} gave ${recipient} a wrong mask`);
      return { helper, share: opened.share };
    });
  const toContribute = (helper: number) => ({
    sid, helper, lost, helperSlots, share: shareOf(helper), maskShares: masksOf(helper), readerKey: reader.publicKey,
  }); // biome-ignore format: one list
  const contribute = (helper: number): Uint8Array => createContribution(toContribute(helper), seededRandom(`contribution ${helper}`));
  const toReceive = (helper: number, contribution = contribute(helper)) => ({
    sid, helper, lost, secret: reader.secret, verifyingShare: verifyingShareOf(helper),
    dealings: [...dealings.values()], bytes: contribution,
  }); // biome-ignore format: one list
  const pointOf = (helper: number) => {
    const opened = openContribution(toReceive(helper));
    if (opened.kind === "invalid") throw new Error(`helper ${helper} contributed a wrong point`);
    return { slot: helper, value: opened.value };
  };
  const recover = (from = helperSlots): SecretScalar =>
    recoverShare({ lost, threshold, verifyingShare: verifyingShareOf(lost), points: from.map(pointOf) });
  return {
    sid, lost, threshold, helpers, helperSlots, shape, bytes, dealings, secretOf, shareOf, verifyingShareOf, toOpen, masksOf, toContribute,
    contribute, toReceive, pointOf, recover,
  }; // biome-ignore format: one list
}
