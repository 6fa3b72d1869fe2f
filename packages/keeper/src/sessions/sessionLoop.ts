import type { Heads } from "@keyquorum/chain";
import {
  type Complain,
  type DealingVerdicts,
  type Done,
  isKeepEffect,
  type KeyGenerationEffect,
  type OwnSessionMaterial,
  type ReshareEffect,
  type ReshareKeep,
  type SessionStatus,
  type SessionView,
  type StatusTrack,
  trackStatus,
} from "@keyquorum/protocol";
import type { KeyId, SessionId } from "@keyquorum/wire";
import { isPutOff } from "../bulk/bulkWork.ts";
import type { CommitteeMember, ContractsAt } from "../contracts/chainReader.ts";
import type { Core } from "../run/core.ts";
import { sayOnce } from "../run/sayOnce.ts";
import { DONE, WAIT, type WorkHandler, type WorkOutcome } from "../run/workRunner.ts";
import type { KeyMaterials } from "../shares/keyMaterials.ts";
import type { SettledHashes } from "./mirroredDealings.ts";
import { readOwnMaterial } from "./ownMaterial.ts";
import { isServedBy } from "./servedSession.ts";
import { createSessionKeep } from "./sessionKeep.ts";

/** What the event that asks for a session writes down, durably: it must be enough after a restart, also of a later version. */
export type SessionWork = {
  readonly sid: SessionId;
  readonly keyId: KeyId;
  /** The epoch that receives shares. */
  readonly epoch: number;
  readonly blockNumber: number;
  readonly blockHash: string;
};

/** What the loop itself needs of a session as the contract says it at one block. */
export type LoopFacts = { readonly status: SessionStatus; readonly keyId: KeyId };

/** This keeper's slot in a session, and everybody who is to hold a share. */
export type OwnPart = { readonly slot: number; readonly members: readonly CommitteeMember[] };

/** A session at a head, and what the loop remembers of it until it is over. */
export type SessionSeen<Facts> = OwnPart & {
  readonly sid: SessionId;
  readonly facts: Facts;
  readonly heads: Heads;
  /** The first head at which this keeper saw the status that it has now. */
  readonly statusSince: number;
  readonly settled: SettledHashes;
  /** Ids of what the log has been told already. */
  readonly said: Set<string>;
};

/** What the board says at a head, and what is to be done, given (some of) its dealings and this keeper's own material. */
export type SessionTurn<View, Effect> = {
  readonly view: View;
  readonly next: (view: View, own: OwnSessionMaterial) => readonly Effect[] | Promise<readonly Effect[]>;
};

/** What tells one kind of session from another: key generation (PROTOCOL section 3) and resharing (section 3.9). */
export type SessionKind<Work, Facts, View, Effect> = {
  readonly read: (at: ContractsAt, sid: SessionId) => Promise<Facts>;
  /** Undefined: this keeper is a member of no epoch that takes part. */
  readonly partIn: (work: Work, heads: Heads) => Promise<OwnPart | undefined>;
  /** Whether nobody can need the session's share any more. */
  readonly isPast: (seen: { readonly work: Work; readonly facts: Facts; readonly heads: Heads }) => Promise<boolean>;
  readonly look: (seen: SessionSeen<Facts>) => Promise<SessionTurn<View, Effect>>;
  /** Hands an effect to the contract, or to this keeper's vault. */
  readonly perform: (effect: Effect, keep: ReshareKeep) => Promise<void>;
  readonly noteComplaint: (effect: Complain) => void;
  readonly noteEnd: (end: Done) => Promise<void>;
  /** The session is over for this keeper. */
  readonly forget: (sid: SessionId) => void;
};

type Parts = Pick<Core, "vault" | "reader" | "giveWay" | "extensions" | "log" | "metrics"> & {
  readonly materials: Pick<KeyMaterials, "forget">;
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
 * Dealings are checked so many at a time, a millisecond each: answers that come in meanwhile wait for no more than that where no thread can be started.
 * Fewer would cost more than they spare: each time the whole session crosses to the thread and back.
 */
const NEW_DEALINGS_AT_ONCE = 16;

/** A share is made of all dealings that count, and a key of all of them. */
const mustSeeAll = ({ status }: SessionView): boolean => status !== "Dealing" && status !== "Disputing";

const withFirst = <View extends SessionView>(view: View, count: number): View => ({
  ...view,
  dealings: new Map([...view.dealings].slice(0, count)),
});

/**
 * Takes part in sessions of one kind until they are over: reads the board at the head, asks `protocol` what to do, stores, then sends. Everything is
 * read again at each head, so that a restart, a reorg or a lost transaction needs no case of its own. PROTOCOL section 3.
 */
export const createSessionLoop = <
  Work extends SessionWork,
  Facts extends LoopFacts,
  View extends SessionView,
  Effect extends KeyGenerationEffect | ReshareEffect,
>(
  parts: Parts,
  kind: SessionKind<Work, Facts, View, Effect>,
): WorkHandler<Work> => {
  const { reader, vault } = parts;
  const memory = new Map<SessionId, Memory>();

  const take = async (work: Work, heads: Heads): Promise<WorkOutcome> => {
    const { sid, blockNumber } = work;
    const { head, final } = heads;
    const facts = await kind.read(reader.at(head.hash), sid);
    if (facts.status === "Unknown")
      return final.number > blockNumber && (await kind.read(reader.at(final.hash), sid)).status === "Unknown" ? DONE : WAIT;
    if (await isServedBy(vault, sid)) return DONE;
    const part = await kind.partIn(work, heads);
    if (part === undefined) return final.number >= blockNumber ? DONE : WAIT; // an epoch never changes once it is open

    const remembered: Memory = memory.get(sid) ?? { track: undefined, verdicts: new Map(), settled: new Map(), said: new Set<string>() };
    memory.set(sid, remembered);
    const track = trackStatus(remembered.track, facts.status, head.number);
    remembered.track = track;
    if (await kind.isPast({ work, facts, heads })) return DONE;
    const { settled, said } = remembered;
    const turn = await kind.look({ sid, facts, ...part, heads, statusSince: track.since, settled, said });
    const end = await takeTurn(turn, work, part.slot, remembered);
    if (end === undefined) return WAIT;
    await kind.noteEnd(end);
    return DONE;
  };

  /** Does what is to be done at one head. Gives the session's end, where this is it. */
  const takeTurn = async (
    { view, next }: SessionTurn<View, Effect>,
    { sid, epoch }: Work,
    slot: number,
    { verdicts, said }: Memory,
  ): Promise<Done | undefined> => {
    let end: Done | undefined;
    const keep = createSessionKeep(parts, { slot, said, onDone: (effect) => (end = effect) });
    let shown = mustSeeAll(view) ? view.dealings.size : NEW_DEALINGS_AT_ONCE;
    for (let step = 0; step < MAX_STEPS + view.dealings.size; step += 1) {
      const material = await readOwnMaterial(vault, { sid, epoch, slot, verdicts });
      let effects: readonly Effect[];
      try {
        await parts.giveWay.turn();
        effects = await next(withFirst(view, shown), material);
      } catch (error) {
        if (isPutOff(error)) return undefined; // at the next head everything is read again
        throw error;
      } finally {
        material.encryptionSecret?.erase();
      }
      const stored = effects.filter(isKeepEffect);
      for (const effect of stored.length > 0 ? stored : effects) {
        if (effect.kind === "complain") sayOnce(said, effect.id, () => noteComplaint(effect));
        await kind.perform(effect, keep);
      }
      if (stored.length > 0) continue;
      if (shown >= view.dealings.size) break;
      shown += NEW_DEALINGS_AT_ONCE;
    }
    return end;
  };

  const noteComplaint = (effect: Complain): void => {
    parts.metrics.complaints.inc();
    kind.noteComplaint(effect);
  };

  return async (work, heads) => {
    const outcome = await take(work, heads);
    if (outcome.kind !== "wait") {
      memory.delete(work.sid);
      kind.forget(work.sid);
    }
    return outcome;
  };
};
