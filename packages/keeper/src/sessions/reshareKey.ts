import type { Heads } from "@keyquorum/chain";
import {
  type DealingVerdicts,
  type Done,
  isKeepEffect,
  nextReshareSteps,
  type OwnReshareMaterial,
  performReshareEffect,
  type ReshareBoard,
  type ReshareView,
  type StatusTrack,
  trackStatus,
} from "@keyquorum/protocol";
import { type NonceSource, SecretScalar } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { type Address, type KeyId, type SessionId, slotsOf } from "@keyquorum/wire";
import type { ChainReader, CommitteeMember } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { ReshareFacts } from "../contracts/reshareFacts.ts";
import { wereSeenPosted } from "../membership/postedKeys.ts";
import { describeError } from "../report/describeError.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import { KeeperError } from "../run/errors.ts";
import type { KeeperExtension } from "../run/extension.ts";
import type { GiveWay } from "../run/giveWay.ts";
import { sayOnce } from "../run/sayOnce.ts";
import { DONE, WAIT, type WorkHandler, type WorkOutcome } from "../run/workRunner.ts";
import type { Committees } from "../shares/committees.ts";
import { isDamagedShare } from "../shares/damagedShare.ts";
import type { HandOver } from "../shares/handOver.ts";
import type { KeyMaterial, KeyMaterials } from "../shares/keyMaterial.ts";
import { unlessDamaged } from "../shares/unlessDamaged.ts";
import { type Consent, type ConsentTo, sentenceOf } from "./consent.ts";
import type { SettledHashes } from "./mirroredDealings.ts";
import { createReshareKeep } from "./reshareKeep.ts";
import type { ReshareProgress } from "./reshareProgress.ts";
import { readReshareView } from "./reshareView.ts";
import { isServedBy } from "./servedSession.ts";

/** What `sessions/onReshareRequested.ts` writes down. */
export type ReshareWork = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
  readonly fromEpoch: number;
  readonly epoch: number;
  readonly blockNumber: number;
  readonly blockHash: string;
};

type Options = {
  readonly vault: Pick<Vault, "epochSecrets" | "dealings" | "keyShares" | "logs">;
  readonly reader: ChainReader;
  readonly contracts: ServedContracts;
  /** This keeper's account now, and those that it had before: epochs name the one of their time. */
  readonly operators: readonly Address[];
  readonly committees: Committees;
  readonly materials: KeyMaterials;
  readonly consentTo: ConsentTo;
  readonly handOver: HandOver;
  readonly board: ReshareBoard;
  readonly progress: ReshareProgress;
  readonly giveWay: GiveWay;
  readonly nonces: NonceSource;
  /** Blocks between ranks for work that one keeper suffices for (D21). */
  readonly stagingBlocks: number;
  readonly extensions: readonly KeeperExtension[];
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "reshares" | "complaints" | "dealingsDisbelieved">;
};

type Memory = {
  track: StatusTrack | undefined;
  readonly verdicts: DealingVerdicts;
  readonly settled: SettledHashes;
  readonly said: Set<string>;
};

/** Storing may show what to do next: a dealing is stored and then sent, a share is stored and then confirmed. */
const MAX_STEPS = 6;
/** Dealings are checked so many at a time: answers that come in meanwhile wait for no more than that. */
const NEW_DEALINGS_AT_ONCE = 2;

/** A share is made of all of Q's dealings. */
const mustSeeAll = ({ status }: ReshareView): boolean => status !== "Dealing" && status !== "Disputing";

const withFirst = (view: ReshareView, count: number): ReshareView => ({ ...view, dealings: new Map([...view.dealings].slice(0, count)) });

/**
 * Takes part in one reshare until it is over: as an old member that deals its share, as a new one that takes and confirms its own, or both. Reads
 * the board at the head, asks `protocol` what to do, stores, then sends; everything anew at each head. PROTOCOL section 3.9.
 */
export const createReshareKey = (options: Options): WorkHandler<ReshareWork> => {
  const { reader, log, progress } = options;
  const memory = new Map<SessionId, Memory>();

  const forget = (sid: SessionId): void => {
    memory.delete(sid);
    progress.over(sid);
  };

  return async (work, heads): Promise<WorkOutcome> => {
    const { sid, fromEpoch, epoch, blockNumber } = work;
    const { head, final } = heads;
    const facts = await reader.at(head.hash).reshareOf(sid);
    if (facts.status === "Unknown") {
      const isGone = final.number > blockNumber && (await reader.at(final.hash).reshareOf(sid)).status === "Unknown";
      if (isGone) forget(sid);
      return isGone ? DONE : WAIT;
    }
    if (await isServedBy(options.vault, sid)) {
      forget(sid);
      return DONE;
    }
    const [dealers, members] = await Promise.all([options.committees.of(fromEpoch, heads), options.committees.of(epoch, heads)]);
    const isOwn = ({ operator }: { readonly operator: Address }): boolean => options.operators.includes(operator);
    const slot = (members.find(isOwn) ?? dealers.find(isOwn))?.slot;
    if (slot === undefined) {
      if (final.number < blockNumber) return WAIT;
      forget(sid);
      return DONE; // an epoch never changes once it is open
    }

    const remembered: Memory = memory.get(sid) ?? { track: undefined, verdicts: new Map(), settled: new Map(), said: new Set<string>() };
    memory.set(sid, remembered);
    remembered.track = trackStatus(remembered.track, facts.status, head.number);
    if (facts.status === "Active" && (await options.handOver.isOver({ keyId: facts.keyId, epoch }, final))) {
      forget(sid);
      return DONE; // a keeper that slept through two hand-overs: no request can need this share any more
    }
    const { settled, track } = remembered;
    const view = await readReshareView(options, { sid, facts, members, heads, settled, statusSince: track.since });
    const dealt = { ...view, members: recipientsBy(options.extensions, view, slot) };
    const dealer = await readDealer(options, { facts, members, slot, heads, said: remembered.said });
    progress.note({ sid, facts, slot, consent: dealer.consent });

    let finished: Done | undefined;
    const keep = createReshareKeep({ ...options, slot, said: remembered.said, onDone: (effect) => (finished = effect) });
    let shown = mustSeeAll(view) ? view.dealings.size : NEW_DEALINGS_AT_ONCE;
    for (let step = 0; step < MAX_STEPS + view.dealings.size; step += 1) {
      const material = await readOwn(options, { sid, epoch, slot, verdicts: remembered.verdicts, dealer });
      await options.giveWay.turn();
      const effects = nextReshareSteps(withFirst(dealt, shown), material, { nonces: options.nonces, rankStep: options.stagingBlocks });
      material.encryptionSecret?.erase();
      const stored = effects.filter(isKeepEffect);
      for (const effect of stored.length > 0 ? stored : effects) {
        if (effect.kind === "complain") sayOnce(remembered.said, effect.id, () => complaintSaid(options, effect));
        await performReshareEffect(effect, { board: options.board, keep });
      }
      if (stored.length > 0) continue;
      if (shown >= view.dealings.size) break;
      shown += NEW_DEALINGS_AT_ONCE;
    }
    if (finished === undefined) return WAIT;
    forget(sid);
    log.info("Reshare is over", { sid, keyId: finished.keyId, epoch: finished.epoch, outcome: finished.outcome });
    options.metrics.reshares.inc({ outcome: finished.outcome });
    return DONE;
  };
};

/** The new members as extensions change them. */
const recipientsBy = (extensions: readonly KeeperExtension[], { sid, members }: ReshareView, slot: number): ReshareView["members"] =>
  extensions.reduce((seen, { transformRecipients }) => {
    const changed = transformRecipients?.(seen, { sid, slot }) ?? seen;
    return seen.map((member, i) => ({ ...member, ...changed[i] }));
  }, members);

const complaintSaid = (
  { log, metrics }: Options,
  { sid, dealer, recipient }: { readonly sid: SessionId; readonly dealer: number; readonly recipient: number },
): void => {
  metrics.complaints.inc();
  log.warn("An old member dealt this keeper a wrong share; complaining", { sid, dealer, recipient });
};

/** What this keeper needs to deal; nothing while it is not asked to. */
type Dealer = { readonly consent: Consent | undefined; readonly material: KeyMaterial | undefined };
const NO_DEALER: Dealer = { consent: undefined, material: undefined };

const readDealer = async (
  options: Options,
  input: {
    readonly facts: ReshareFacts;
    readonly members: readonly CommitteeMember[];
    readonly slot: number;
    readonly heads: Heads;
    readonly said: Set<string>;
  },
): Promise<Dealer> => {
  const { facts, members, slot, heads, said } = input;
  const { keyId, fromEpoch, epoch, status } = facts;
  if (status !== "Dealing" || !slotsOf(facts.dealers).includes(slot) || slotsOf(facts.dealt).includes(slot)) return NO_DEALER;
  const asked = { epoch, threshold: facts.threshold, formerThreshold: facts.quorum - 1 };
  const consent = await options.consentTo(asked, heads);
  if (consent.kind === "withheld") {
    const data = { keyId, fromEpoch, epoch, reason: consent.reason, why: sentenceOf(consent, epoch) };
    sayOnce(said, `withheld:${consent.reason}`, () => options.log.warn("This keeper does not deal its share into an epoch", data));
    return { consent, material: undefined };
  }
  if (epoch <= fromEpoch || !(await wereSeenPosted(options, { epoch, members }))) {
    sayOnce(said, "unseen-keys", () =>
      options.log.warn(
        "This keeper deals no share to an epoch that is no later one, or whose members' encryption keys it has not seen posted. It passes when its mirror has caught up; check the RPC if it stays",
        { keyId, fromEpoch, epoch },
      ),
    );
    return { consent, material: undefined };
  }
  try {
    // The head's word suffices where the key has only just become active in the old epoch: dealing acts at the head (D21).
    const { materials } = options;
    const material = (await materials.load(keyId, fromEpoch, heads.final)) ?? (await materials.load(keyId, fromEpoch, heads.head));
    if (material === undefined)
      sayOnce(said, "no-share", () => options.log.warn("This keeper has no share to deal: it was lost", { keyId, fromEpoch }));
    return { consent, material };
  } catch (error) {
    if (!(error instanceof KeeperError) && !isDamagedShare(error)) throw error;
    sayOnce(said, "bad-share", () =>
      options.log.error("This keeper's share cannot be dealt", { keyId, fromEpoch, ...describeError(error) }),
    );
    return { consent, material: undefined }; // it may still take its new share
  }
};

const readOwn = async (
  { vault }: Options,
  input: {
    readonly sid: SessionId;
    readonly epoch: number;
    readonly slot: number;
    readonly verdicts: DealingVerdicts;
    readonly dealer: Dealer;
  },
): Promise<OwnReshareMaterial> => {
  const { sid, epoch, slot, verdicts } = input;
  const { consent, material } = input.dealer;
  const [secret, storedDealing, storedShares] = await Promise.all([
    unlessDamaged(vault.epochSecrets.load(epoch)),
    unlessDamaged(vault.dealings.load(sid)), // one that is damaged is not made again: saving another is refused
    vault.keyShares.list({ sid }),
  ]);
  const encryptionSecret = secret === undefined ? undefined : SecretScalar.fromBytes(secret);
  secret?.fill(0);
  return {
    slot,
    encryptionSecret,
    ...(storedDealing === undefined ? {} : { storedDealing }),
    storedShares,
    verdicts,
    ...(material === undefined ? {} : { oldShare: material.share, oldPath: material.path }),
    consent: consent?.kind ?? "withheld",
  };
};
