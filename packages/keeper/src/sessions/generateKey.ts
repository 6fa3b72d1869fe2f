import type { Heads } from "@keyquorum/chain";
import {
  type DealingVerdicts,
  type Done,
  isKeepEffect,
  type KeyGenerationBoard,
  type KeyGenerationView,
  nextKeyGenerationSteps,
  type OwnKeyMaterial,
  performKeyGenerationEffect,
  type StatusTrack,
  trackStatus,
} from "@keyquorum/protocol";
import { type NonceSource, SecretScalar } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import { type Address, bitmapOf, type KeyId, type SessionId, slotsOf } from "@keyquorum/wire";
import type { ChainReader, CommitteeMember, SessionFacts } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { KeeperExtension } from "../run/extension.ts";
import { sayOnce } from "../run/sayOnce.ts";
import { DONE, WAIT, type WorkHandler, type WorkOutcome } from "../run/workRunner.ts";
import { absentAtEither, removedAtEither } from "../shares/absentKeepers.ts";
import type { KeyMaterials } from "../shares/keyMaterial.ts";
import { unlessDamaged } from "../shares/unlessDamaged.ts";
import { readMirroredDealings, type SettledHashes } from "./mirroredDealings.ts";
import { isServedBy } from "./servedSession.ts";
import { createSessionKeep } from "./sessionKeep.ts";

/** What `sessions/onKeyRequested.ts` writes down. */
export type SessionWork = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
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
  readonly materials: Pick<KeyMaterials, "forget">;
  readonly board: KeyGenerationBoard;
  readonly nonces: NonceSource;
  /** Blocks between ranks for work that one keeper suffices for (D21). */
  readonly stagingBlocks: number;
  readonly extensions: readonly KeeperExtension[];
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "sessions" | "complaints" | "dealingsDisbelieved">;
};

type Memory = {
  track: StatusTrack | undefined;
  readonly verdicts: DealingVerdicts;
  readonly settled: SettledHashes;
  readonly said: Set<string>;
};

/** Storing may show what to do next: a dealing is stored and then sent, a share is stored and then confirmed. */
const MAX_STEPS = 6;

/**
 * Takes part in one key generation session until it is over: reads the board at the head, asks `protocol` what to do, stores, then sends.
 * Everything is asked anew at each head, so that a restart, a reorg or a lost transaction needs no case of its own. PROTOCOL section 3.
 */
export const createGenerateKey = (options: Options): WorkHandler<SessionWork> => {
  const { reader, operators, board, log, vault } = options;
  const memory = new Map<SessionId, Memory>();

  const take = async ({ sid, epoch, blockNumber }: SessionWork, heads: Heads): Promise<WorkOutcome> => {
    const { head, final } = heads;
    const facts = await reader.at(head.hash).sessionOf(sid);
    if (facts.status === "Unknown")
      return final.number > blockNumber && (await reader.at(final.hash).sessionOf(sid)).status === "Unknown" ? DONE : WAIT;
    if (await isServedBy(vault, sid)) return DONE;
    const members = await reader.at(head.hash).committeeOf(epoch);
    const own = members.find((member) => operators.includes(member.operator));
    if (own === undefined) return final.number >= blockNumber ? DONE : WAIT; // an epoch never changes once it is open

    const remembered: Memory = memory.get(sid) ?? { track: undefined, verdicts: new Map(), settled: new Map(), said: new Set<string>() };
    memory.set(sid, remembered);
    remembered.track = trackStatus(remembered.track, facts.status, head.number);
    const { settled, track } = remembered;
    const view = await readView({ options, sid, facts, members, heads, settled, statusSince: track.since });

    let finished: Done | undefined;
    const keep = createSessionKeep({ ...options, slot: own.slot, said: remembered.said, onDone: (effect) => (finished = effect) });
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const material = await readOwnMaterial(options, sid, epoch, own.slot, remembered.verdicts);
      const effects = nextKeyGenerationSteps(view, material, { nonces: options.nonces, rankStep: options.stagingBlocks });
      material.encryptionSecret?.erase();
      const stored = effects.filter(isKeepEffect);
      for (const effect of stored.length > 0 ? stored : effects) {
        if (effect.kind === "complain") sayOnce(remembered.said, effect.id, () => complaintSaid(options, effect));
        await performKeyGenerationEffect(effect, { board, keep });
      }
      if (stored.length === 0) break;
    }
    if (finished === undefined) return WAIT;
    log.info("Key generation is over", { sid, keyId: finished.keyId, outcome: finished.outcome });
    options.metrics.sessions.inc({ outcome: finished.outcome });
    return DONE;
  };

  return async (work, heads) => {
    const outcome = await take(work, heads);
    if (outcome.kind !== "wait") memory.delete(work.sid);
    return outcome;
  };
};

const complaintSaid = (
  { log, metrics }: Options,
  { sid, dealer, recipient }: { readonly sid: SessionId; readonly dealer: number; readonly recipient: number },
): void => {
  metrics.complaints.inc();
  log.warn("A dealer dealt this keeper a wrong share; complaining", { sid, dealer, recipient });
};

/** What the board says at the head, for protocol. Logs above the head that was pinned are left out. */
const readView = async (input: {
  readonly options: Options;
  readonly sid: SessionId;
  readonly facts: SessionFacts;
  readonly members: readonly CommitteeMember[];
  readonly heads: Heads;
  readonly settled: SettledHashes;
  readonly statusSince: number;
}): Promise<KeyGenerationView> => {
  const { options, sid, facts, members, heads, settled } = input;
  const { head, final } = heads;
  const slots = bitmapOf(members.map(({ slot }) => slot));
  const [mirrored, removed, absent, shiftBlockHash, atFinal] = await Promise.all([
    readMirroredDealings(options, { contract: "keyGeneration", sid, heads, settled }),
    removedAtEither(options.reader, heads),
    absentAtEither(options.reader, { epoch: facts.epoch, slots }, heads),
    facts.status === "Finalizing" ? options.reader.at(head.hash).shiftHashOf(sid) : undefined,
    final.hash === head.hash ? facts : options.reader.at(final.hash).sessionOf(sid),
  ]);
  return {
    sid,
    keyId: facts.keyId,
    epoch: facts.epoch,
    purpose: facts.purpose,
    threshold: facts.threshold,
    members: members.map(({ slot, operator, encryptionKey }) => ({ slot, operator, encryptionKey })),
    removedSlots: slotsOf(removed),
    absentSlots: slotsOf(absent),
    status: facts.status,
    headNumber: head.number,
    statusSince: input.statusSince,
    dealtSlots: slotsOf(facts.dealt),
    disqualifiedSlots: slotsOf(facts.disqualified),
    readySlots: slotsOf(facts.ready),
    qual: facts.qual,
    ...mirrored,
    shiftBlock: facts.shiftBlock,
    ...(shiftBlockHash === undefined ? {} : { shiftBlockHash }),
    ...(facts.result ?? {}),
    finalizedIsFinal:
      facts.result !== undefined && atFinal.result?.jointKey.equals(facts.result.jointKey) === true && atFinal.qual === facts.qual,
    sessionIsFinal: (facts.status === "Active" || facts.status === "Failed") && atFinal.status === facts.status,
  };
};

const readOwnMaterial = async (
  { vault }: Options,
  sid: SessionId,
  epoch: number,
  slot: number,
  verdicts: DealingVerdicts,
): Promise<OwnKeyMaterial> => {
  const [secret, storedDealing, storedShares] = await Promise.all([
    unlessDamaged(vault.epochSecrets.load(epoch)),
    unlessDamaged(vault.dealings.load(sid)), // one that is damaged is not made again: saving another is refused
    vault.keyShares.list({ sid }),
  ]);
  const encryptionSecret = secret === undefined ? undefined : SecretScalar.fromBytes(secret);
  secret?.fill(0);
  return { slot, encryptionSecret, ...(storedDealing === undefined ? {} : { storedDealing }), storedShares, verdicts };
};
