import type { Heads } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { bitmapOf } from "@keyquorum/wire";
import type { CommitteeMember } from "../contracts/chainReader.ts";
import type { Sign } from "../membership/identity.ts";
import type { PeerTransport } from "../peers/peerTransport.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Core } from "../run/core.ts";
import { absentAtEither, hasSlot, isStolenAtEither, removedAtEither } from "../shares/absentKeepers.ts";
import type { Committees } from "../shares/committees.ts";
import type { MissingShare } from "../shares/keyBook.ts";
import type { KeyMaterials } from "../shares/keyMaterials.ts";
import { type Announced, type AnnounceOptions, readAnnounced } from "./announceRepair.ts";
import { askHelpers, type HelperFault, type Recovered } from "./askHelpers.ts";
import { repairDomainOf } from "./readRepair.ts";
import { readRepairRecord, storeRepaired } from "./repairedShare.ts";
import type { RepairState } from "./repairStatus.ts";

export type RepairOptions = AnnounceOptions &
  Pick<Core, "reader" | "identities" | "clock" | "bulk"> & {
    readonly vault: Pick<Vault, "keyShares" | "logs" | "repairKeys" | "transaction">;
    readonly committees: Committees;
    readonly materials: Pick<KeyMaterials, "forget">;
    readonly transport: PeerTransport;
    readonly metrics: Pick<Metrics, "repairs">;
  };

/** How one step of a repair ended. */
export type RepairOutcome = { readonly kind: "repaired" } | { readonly kind: "tooFew"; readonly faults: readonly HelperFault[] };

/** One step of a repair, or all that are left. Undefined: something else must happen first, and `note` said what. */
export const repairShare = async (
  options: RepairOptions,
  missing: MissingShare,
  heads: Heads,
  note: (state: RepairState) => void,
): Promise<RepairOutcome | undefined> => {
  if (await isHeld(options, missing, heads)) return { kind: "repaired" }; // since the book was kept
  const members = await options.committees.of(missing.epoch, heads);
  const removed = await removedAtEither(options.reader, heads);
  const self = await readSelf(options, missing, { members, removed, heads });
  if (typeof self === "string") return void note(self);
  const announced = await readAnnounced(options, missing, self.own, heads, note);
  if (announced === undefined) return undefined;
  try {
    note("asking");
    return await askAndStore(options, missing, { ...self, announced, members, removed, heads });
  } finally {
    announced.secret.erase();
  }
};

/** The epoch's members, and the bitmap of those that were removed since. */
type Known = { readonly members: readonly CommitteeMember[]; readonly removed: bigint; readonly heads: Heads };
type Self = { readonly own: CommitteeMember; readonly sign: Sign };

/** This keeper as the epoch has it, or why it can have nothing repaired there. */
const readSelf = async (
  { reader, identities }: RepairOptions,
  { epoch, slot }: MissingShare,
  { members, removed, heads }: Known,
): Promise<Self | RepairState> => {
  const own = members.find((member) => member.slot === slot);
  const sign = own === undefined ? undefined : identities.signerOf(own.identityKey);
  if (own === undefined || sign === undefined) return "identity_lost";
  if (hasSlot(removed, slot)) return "removed";
  const isRevoked =
    (await absentAtEither(reader, { epoch, slots: bitmapOf([slot]) }, heads)) !== 0n ||
    (await isStolenAtEither(reader, own.identityKey, heads));
  return isRevoked ? "revoked" : { own, sign };
};

/** Asks those who may help, and stores what they gave. */
const askAndStore = async (
  options: RepairOptions,
  missing: MissingShare,
  { sign, announced, members, removed, heads }: Known & Self & { readonly announced: Announced },
): Promise<RepairOutcome> => {
  const { reader, log, metrics, transport } = options;
  const { keyId, epoch, slot } = missing;
  const record = await readRepairRecord(options, missing, members, heads.final);
  const others = members.filter((member) => member.slot !== slot && !hasSlot(removed, member.slot));
  const stolen = await Promise.all(others.map(({ identityKey }) => isStolenAtEither(reader, identityKey, heads)));
  const candidates = others.filter((_, index) => stolen[index] !== true);
  const records = await readRecords(options, candidates, heads);
  const outcome = await askHelpers({
    domain: repairDomainOf(options.contracts),
    repairId: announced.repairId,
    lost: slot,
    threshold: record.threshold,
    secret: announced.secret,
    sign,
    verifyingShares: record.verifyingShares,
    candidates,
    transport,
    bulk: options.bulk,
    endpoints: new Map([...records].map(([member, { endpoint }]) => [member, endpoint])),
  });
  tellFaults(options, missing, outcome, (helper) => records.get(helper)?.name);
  if (outcome.kind === "tooFew") {
    metrics.repairs.inc({ outcome: "too_few_helpers" });
    return outcome;
  }
  await storeRepaired(options, missing, record, outcome.share);
  options.materials.forget(keyId, epoch);
  metrics.repairs.inc({ outcome: "repaired" });
  log.info("A lost share was repaired, and is in use", { keyId, epoch, slot, helpers: outcome.helpers });
  return { kind: "repaired" };
};

const tellFaults = (
  { log }: RepairOptions,
  { keyId, epoch }: MissingShare,
  { faults }: Recovered,
  nameOf: (slot: number) => string | undefined,
): void => {
  for (const { slot, reason } of faults)
    log.warn("A keeper did not help to repair a share; asking another one", { keyId, epoch, slot, name: nameOf(slot), reason });
};

/** Whether the vault holds the share that the chain knows. */
const isHeld = async ({ vault, reader }: RepairOptions, { keyId, epoch }: MissingShare, { final }: Heads): Promise<boolean> => {
  const facts = await reader.at(final.hash).keyEpochOf(keyId, epoch);
  const shares = await vault.keyShares.list({ keyId, epoch });
  return shares.some(
    ({ commitmentsHash, verifyingRoot }) => commitmentsHash === facts?.commitmentsHash && verifyingRoot === facts.verifyingRoot,
  );
};

/** What the registry says of keepers at the head, by slot. */
const readRecords = async ({ reader }: RepairOptions, candidates: readonly CommitteeMember[], { head }: Heads) => {
  const at = reader.at(head.hash);
  const records = await Promise.all(candidates.map(({ slot }) => at.keeperAt(slot)));
  return new Map(records.flatMap((record) => (record === undefined ? [] : [[record.slot, record] as const])));
};
