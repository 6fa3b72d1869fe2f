import { interfaceOf } from "@keyquorum/bindings";
import { blockByNumber, type Heads, type Rpc } from "@keyquorum/chain";
import {
  encodePoint,
  isValidPoint,
  keccakWords,
  type NonceSource,
  nobleBackend,
  type Point,
  randomScalar,
  SecretScalar,
  toXY,
} from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { type Address, bitmapOf, bytesToHex, type Hex, hexToBytes } from "@keyquorum/wire";
import type { ChainReader, CommitteeMember } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { KeeperIdentities } from "../membership/identity.ts";
import type { PeerTransport } from "../peers/peerTransport.ts";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { Clock } from "../run/clock.ts";
import { hasCome } from "../run/every.ts";
import type { Transactions } from "../run/transactions.ts";
import { absentAtEither, hasSlot, isStolenAtEither, removedAtEither } from "../shares/absentKeepers.ts";
import type { Committees } from "../shares/committees.ts";
import type { MissingShare } from "../shares/keyBook.ts";
import type { KeyMaterials } from "../shares/keyMaterial.ts";
import { isDamaged } from "../shares/unlessDamaged.ts";
import { type Announcement, announcementsOf } from "./announcement.ts";
import { askHelpers, type HelperFault } from "./askHelpers.ts";
import { repairDomainOf } from "./readRepair.ts";
import { readRepairRecord, storeRepaired } from "./repairedShare.ts";
import type { WantedRepair } from "./wantedRepairs.ts";

/**
 * How far the repair of a share is. announcing: its announcement is not on chain yet. waiting_for_finality: it is not final yet. asking: helpers are
 * asked. too_few_helpers: fewer than t+1 helped; tried again. not_automatic: the operator starts it. These wait for the next epoch: identity_lost:
 * this keeper's identity key of the epoch is gone. operator_changed: the epoch's operator account is not this keeper's any more. removed, revoked:
 * nobody helps a keeper that was removed, nor one whose account or identity key of the epoch was revoked as stolen.
 */
export type RepairState =
  | "announcing"
  | "waiting_for_finality"
  | "asking"
  | "too_few_helpers"
  | "not_automatic"
  | "identity_lost"
  | "operator_changed"
  | "removed"
  | "revoked";

export type RepairStatus = MissingShare & { readonly state: RepairState; readonly faults: readonly HelperFault[] };

export type ShareRepairs = {
  /** Goes on with the repair of every share that is missing; does not wait for any. */
  readonly round: (missing: readonly MissingShare[], heads: Heads) => Promise<void>;
  readonly status: () => readonly RepairStatus[];
  /** Resolves when nobody is being asked. */
  readonly idle: () => Promise<void>;
};

type Options = {
  readonly vault: Pick<Vault, "keyShares" | "logs" | "repairKeys" | "transaction">;
  readonly rpc: Rpc;
  readonly reader: ChainReader;
  readonly contracts: ServedContracts;
  readonly committees: Committees;
  readonly materials: Pick<KeyMaterials, "forget">;
  readonly identities: KeeperIdentities;
  readonly operator: Address;
  readonly transactions: Transactions;
  readonly nonces: NonceSource;
  readonly transport: PeerTransport;
  /** Undefined: every share. */
  readonly wanted: () => Promise<readonly WantedRepair[] | undefined>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "repairs">;
};

/** Helpers refuse an announcement that is a day old; a new one is made before that. */
const RENEW_AFTER_SECONDS = 82_800;
const FIRST_DELAY = 5_000;
const LONGEST_DELAY = 120_000;
/** So many repairs at a time: each asks t+1 keepers. */
const AT_ONCE = 4;

const nameOf = ({ keyId, epoch }: WantedRepair): string => `${keyId}:${epoch}`;

/**
 * Gets shares back that this keeper lost, with the help of t+1 others of the epoch. PROTOCOL section 3.10. What must outlive a crash is the secret x
 * in the vault and the announcement on chain: everything else is asked anew, and helpers answer the same question with the same bytes.
 */
export const createShareRepairs = (options: Options): ShareRepairs => {
  const { vault, clock, log } = options;
  const running = new Map<string, Promise<void>>();
  const notBefore = new Map<string, { readonly time: number; readonly tries: number }>();
  const states = new Map<string, RepairStatus>();

  const note = (missing: MissingShare, state: RepairState, faults: readonly HelperFault[] = []): void => {
    const before = states.get(nameOf(missing));
    states.set(nameOf(missing), { ...missing, state, faults });
    if (before?.state !== state) log.info("Repair of a share", { ...missing, state });
  };

  const attempt = async (missing: MissingShare, heads: Heads): Promise<void> => {
    const name = nameOf(missing);
    try {
      const outcome = await repair(options, missing, heads, (state) => note(missing, state));
      if (outcome === undefined) return;
      if (outcome.kind === "repaired") {
        states.delete(name);
        notBefore.delete(name);
        return;
      }
      const tries = (notBefore.get(name)?.tries ?? 0) + 1;
      notBefore.set(name, { tries, time: clock.now() + Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (tries - 1)) });
      note(missing, "too_few_helpers", outcome.faults);
    } catch (error) {
      notBefore.set(name, { tries: 1, time: clock.now() + FIRST_DELAY });
      log.warn("A repair could not go on; trying again", { ...missing, ...describeError(error) });
    }
  };

  return {
    round: async (missing, heads) => {
      const names = new Set(missing.map(nameOf));
      for (const known of states.keys()) if (!names.has(known)) states.delete(known);
      for (const stored of await vault.repairKeys.list())
        if (!names.has(nameOf(stored)) && !running.has(nameOf(stored))) await vault.repairKeys.erase(stored);

      const wanted = await options.wanted();
      for (const share of missing) {
        const name = nameOf(share);
        if (wanted !== undefined && !wanted.some((one) => nameOf(one) === name)) note(share, "not_automatic");
        else if (
          !running.has(name) &&
          running.size < AT_ONCE &&
          hasCome(notBefore.get(name)?.time ?? 0, { now: clock.now(), longest: LONGEST_DELAY })
        )
          running.set(
            name,
            attempt(share, heads).finally(() => running.delete(name)),
          );
      }
    },
    status: () => [...states.values()],
    idle: async () => {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
};

type Outcome = { readonly kind: "repaired" } | { readonly kind: "tooFew"; readonly faults: readonly HelperFault[] };

/** One step of a repair, or all that are left. Undefined: something else must happen first, and `note` said what. */
const repair = async (
  options: Options,
  missing: MissingShare,
  heads: Heads,
  note: (state: RepairState) => void,
): Promise<Outcome | undefined> => {
  const { reader, committees, identities, log, metrics } = options;
  const { keyId, epoch, slot } = missing;
  if (await isHeld(options, missing, heads)) return { kind: "repaired" }; // since the book was kept
  const members = await committees.of(epoch, heads);
  const own = members.find((member) => member.slot === slot);
  const sign = own === undefined ? undefined : identities.signerOf(own.identityKey);
  if (own === undefined || sign === undefined) return void note("identity_lost");
  const removed = await removedAtEither(reader, heads);
  if (hasSlot(removed, slot)) return void note("removed");
  const isRevoked =
    (await absentAtEither(reader, { epoch, slots: bitmapOf([slot]) }, heads)) !== 0n ||
    (await isStolenAtEither(reader, own.identityKey, heads));
  if (isRevoked) return void note("revoked");

  const announced = await readAnnounced(options, missing, own, heads, note);
  if (announced === undefined) return undefined;
  try {
    note("asking");
    const record = await readRepairRecord(options, missing, members, heads.final);
    const others = members.filter((member) => member.slot !== slot && !hasSlot(removed, member.slot));
    const stolen = await Promise.all(others.map(({ identityKey }) => isStolenAtEither(reader, identityKey, heads)));
    const candidates = others.filter((_, index) => stolen[index] !== true);
    const endpoints = await readEndpoints(options, candidates, heads);
    const outcome = await askHelpers({
      domain: repairDomainOf(options.contracts),
      repairId: announced.repairId,
      lost: slot,
      threshold: record.threshold,
      secret: announced.secret,
      sign,
      verifyingShares: record.verifyingShares,
      candidates,
      transport: options.transport,
      endpoints: new Map([...endpoints].map(([member, { endpoint }]) => [member, endpoint])),
    });
    for (const { slot: helper, reason } of outcome.faults)
      log.warn("A keeper did not help to repair a share; asking another one", {
        keyId,
        epoch,
        slot: helper,
        name: endpoints.get(helper)?.name,
        reason,
      });
    if (outcome.kind === "tooFew") {
      metrics.repairs.inc({ outcome: "too_few_helpers" });
      return outcome;
    }
    await storeRepaired(options, missing, record, outcome.share);
    options.materials.forget(keyId, epoch);
    metrics.repairs.inc({ outcome: "repaired" });
    log.info("A lost share was repaired, and is in use", { keyId, epoch, slot, helpers: outcome.helpers });
    return { kind: "repaired" };
  } finally {
    announced.secret.erase();
  }
};

/** Whether the vault holds the share that the chain knows. */
const isHeld = async ({ vault, reader }: Options, { keyId, epoch }: MissingShare, { final }: Heads): Promise<boolean> => {
  const facts = await reader.at(final.hash).keyEpochOf(keyId, epoch);
  const shares = await vault.keyShares.list({ keyId, epoch });
  return shares.some(
    ({ commitmentsHash, verifyingRoot }) => commitmentsHash === facts?.commitmentsHash && verifyingRoot === facts.verifyingRoot,
  );
};

type Announced = Announcement & { readonly secret: SecretScalar };

/** This keeper's announcement with its secret, once it is final. Makes what is not there yet; the caller erases the secret. */
const readAnnounced = async (
  options: Options,
  missing: MissingShare,
  own: CommitteeMember,
  { final }: Heads,
  note: (state: RepairState) => void,
): Promise<Announced | undefined> => {
  const { vault, rpc, operator, log } = options;
  const stored = await vault.repairKeys.load(missing).catch(async (error: unknown) => {
    if (!isDamaged(error)) throw error;
    log.warn("The secret of a repair is damaged: the repair begins anew, with another one", missing);
    await vault.repairKeys.erase(missing);
    return undefined;
  });
  const known = stored === undefined ? undefined : SecretScalar.fromBytes(stored);
  stored?.fill(0);
  const announced = known === undefined ? undefined : (await announcementsOf(options, missing)).findLast(isOf(publicKeyOf(known)));
  if (known !== undefined && announced !== undefined) {
    const block = announced.blockNumber > final.number ? undefined : await blockByNumber(rpc, announced.blockNumber);
    if (block !== undefined && final.timestamp - block.timestamp <= RENEW_AFTER_SECONDS) return { ...announced, secret: known };
    known.erase();
    if (block === undefined) note("waiting_for_finality");
    else await vault.repairKeys.erase(missing); // too old: helpers will not take it. The next look begins anew, with another key
    return undefined;
  }
  if (own.operator !== operator) {
    known?.erase();
    note("operator_changed");
    return undefined;
  }
  const secret = known ?? (await drawSecret(options, missing));
  note("announcing");
  announce(options, missing, publicKeyOf(secret));
  secret.erase();
  return undefined;
};

const publicKeyOf = (secret: SecretScalar): Point => nobleBackend.mulG(secret.reveal());
const isOf =
  (key: Point) =>
  ({ readerKey }: Announcement): boolean =>
    readerKey.equals(key);

/** Durable before it is shown to anyone, so that a restart goes on with the same one. */
const drawSecret = async ({ vault, nonces, log }: Options, missing: MissingShare): Promise<SecretScalar> => {
  const { keyId, epoch } = missing;
  const random = nonces({ purpose: "repair-key", session: keccakWords(hexToBytes(keyId, 32), epoch) });
  let secret = SecretScalar.from(randomScalar(random));
  while (!isValidPoint(publicKeyOf(secret))) secret = SecretScalar.from(randomScalar(random)); // x >= n: about once in 2^128 (D10)
  const bytes = secret.toBytes();
  await vault.repairKeys.save(missing, bytes);
  bytes.fill(0);
  log.info("A share is missing: announcing its repair", missing);
  return secret;
};

const announce = ({ contracts, transactions }: Options, { keyId, epoch }: MissingShare, key: Point): void => {
  const data = interfaceOf("shareRepairs").encodeFunctionData("requestRepair", [keyId, epoch, toXY(key)]) as Hex;
  const subject = `${keyId}:${epoch}:${bytesToHex(encodePoint(key))}`;
  transactions.post({ id: `repair:${subject}`, kind: "repair", subject, to: contracts.addresses.shareRepairs, data });
};

const readEndpoints = async ({ reader }: Options, candidates: readonly CommitteeMember[], { head }: Heads) => {
  const at = reader.at(head.hash);
  const records = await Promise.all(candidates.map(({ slot }) => at.keeperAt(slot)));
  return new Map(records.flatMap((record) => (record === undefined ? [] : [[record.slot, record] as const])));
};
