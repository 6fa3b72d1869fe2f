import { describeError, type ExtensionServices } from "@keyquorum/keeper";
import { movedRowName, ServerKeyFailure, type ServerKeyProposal, type ShownDealing } from "@keyquorum/protocol";
import { keccakWords } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import type { ServerKeyBoard } from "../board/serverKeyBoard.ts";
import { leftKeyName, listLeftKeys } from "../records/leftKeys.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { dealersNeeded, encodeEvidence, type KeyEvidence, verifyingShareOf } from "./evidence.ts";
import { findHeldKey } from "./heldKey.ts";
import type { MoveMember } from "./moveMember.ts";
import { MOVE_MESSAGES, type RedealAsk } from "./moveMessages.ts";
import { askMove } from "./moveQuestions.ts";

/** Between two rounds, and between two members that would drive the same move. */
const ROUND_MILLISECONDS = 10_000;
const STEP_MILLISECONDS = 30_000;
/** Keys that are moved at once, and that others show which wait for their turn. */
const AT_ONCE = 4;
const MOST_OFFERED = 1_000;
/** Sets of dealers that are tried in one round, and how long one is left out that did not deal. */
const SETS = 4;
const AVOID_MILLISECONDS = 60_000;
const PAGE = 256;
/** All keys are looked through again after so long. */
const LOOK_MILLISECONDS = 300_000;

/** Keys of earlier epochs, and why they are not moved yet: by reason, and the slot that is waited for. */
export type MovesSeen = {
  readonly toMove: number;
  readonly moving: number;
  readonly moved: number;
  readonly waiting: readonly { readonly reason: string; readonly slot?: number; readonly keys: number }[];
};

export type Mover = {
  readonly eachRound: () => Promise<void>;
  /** Waits for no turn from the next round on: somebody who may asked for it. */
  readonly hurry: () => void;
  readonly onOffered: (serverKeyId: Hash32, evidence: KeyEvidence) => void;
  readonly seen: () => MovesSeen;
};

type Services = Pick<
  ExtensionServices,
  "chain" | "members" | "clock" | "log" | "assertServing" | "peers" | "random" | "stopping" | "table"
>;

/** Gets the keys of earlier epochs to the newest one, some at a time; whose turn it is goes by rank. PROTOCOL section 8.6. */
export const createMover = ({
  services,
  records,
  board,
  member,
}: {
  readonly services: Services;
  readonly records: ServerKeyRecords;
  readonly board: Pick<ServerKeyBoard, "move" | "present" | "member">;
  readonly member: MoveMember;
}): Mover => {
  const { clock, log } = services;
  /** Keys of earlier epochs, and since when this keeper knows that they are. */
  const toMove = new Map<Hash32, number>();
  const offered = new Map<Hash32, KeyEvidence>();
  const moving = new Set<Hash32>();
  const waiting = new Map<Hash32, { readonly reason: string; readonly slot?: number }>();
  const silentAt = new Map<number, number>();
  let moved = 0;
  let isHurried = false;
  let looked = { epoch: 0, at: Number.NEGATIVE_INFINITY };
  let lastRound = Number.NEGATIVE_INFINITY;

  const note = (id: Hash32, reason: string, slot?: number): void => {
    const before = waiting.get(id);
    if (before?.reason !== reason || before.slot !== slot) log.info("A server key is not moved yet", { serverKeyId: id, reason, slot });
    waiting.set(id, slot === undefined ? { reason } : { reason, slot });
  };
  const forget = (id: Hash32): void => {
    for (const map of [toMove, offered, waiting]) map.delete(id);
  };

  const lookThrough = async (epoch: number): Promise<void> => {
    const since = clock.now() - looked.at;
    if (looked.epoch === epoch && since >= 0 && since < LOOK_MILLISECONDS) return;
    looked = { epoch, at: clock.now() };
    let after: Uint8Array | undefined;
    for (;;) {
      const page = await records.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const name of page) {
        const id = name as Hash32; // true: records are under their ids
        const at = await records.use(hexToBytes(id, 32), (record) => record.epoch);
        if (at !== undefined && at < epoch) toMove.set(id, toMove.get(id) ?? (isHurried ? Number.NEGATIVE_INFINITY : clock.now()));
        else forget(id);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = hexToBytes(last as Hash32, 32); // true: as above
    }
    await lookThroughLeft(epoch);
  };

  /** What was left for an epoch that the operator does not consent to any more is used, and moved, as if it had not been left. */
  const lookThroughLeft = async (epoch: number): Promise<void> => {
    let after: string | undefined;
    for (;;) {
      const page = await listLeftKeys(services, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const left of await member.takeBack(page.toReversed())) {
        log.warn("A server key is taken back: its operator withholds from the epoch that it was moved to", {
          ...{ serverKeyId: left.id, epoch: left.epoch, toEpoch: left.toEpoch },
        });
        if (left.epoch < epoch) toMove.set(left.id, clock.now());
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = leftKeyName(last);
    }
  };

  /** Members in an order that differs with the key. */
  const ranked = (id: Hash32, slots: readonly number[]): readonly number[] =>
    slots.toSorted((a, b) => (bytesToHex(keccakWords(hexToBytes(id, 32), a)) < bytesToHex(keccakWords(hexToBytes(id, 32), b)) ? -1 : 1));

  const eachRound = async (): Promise<void> => {
    const now = clock.now();
    if (now >= lastRound && now - lastRound < ROUND_MILLISECONDS) return;
    lastRound = now;
    const heads = await services.chain.look();
    const epoch = await services.members.epochAt(heads.final);
    const [members, absent] = await Promise.all([services.members.of(epoch, heads), services.members.absent(epoch, heads)]);
    const slots = members.map(({ slot }) => slot).filter((slot) => !absent.includes(slot));
    await lookThrough(epoch);
    isHurried = false;
    const own = await services.members.own(epoch, heads);
    const ids = [...toMove.keys(), ...[...offered.keys()].filter((id) => !toMove.has(id))];
    const due: (() => Promise<void>)[] = [];
    for (const id of ids) {
      if (due.length >= AT_ONCE) break;
      const work = await dueWork(id, { epoch, slots, ownSlot: own !== undefined && slots.includes(own.slot) ? own.slot : undefined });
      if (work !== undefined) due.push(work);
    }
    await Promise.all(due.map((work) => work()));
    // Those that were tried go behind the others.
    for (const id of ids.slice(0, due.length)) {
      const since = toMove.get(id);
      if (since !== undefined && toMove.delete(id)) toMove.set(id, since);
    }
  };

  type Newest = { readonly epoch: number; readonly slots: readonly number[]; readonly ownSlot: number | undefined };

  const dueWork = async (id: Hash32, newest: Newest): Promise<(() => Promise<void>) | undefined> => {
    const held = await findHeldKey(records, board.member.rowOf, hexToBytes(id, 32));
    const evidence = held?.evidence ?? offered.get(id);
    if (evidence === undefined || evidence.epoch >= newest.epoch) {
      forget(id);
      return undefined;
    }
    const row = await board.member.rowOf(movedRowName(id, newest.epoch));
    if (row?.stage === "accepted" || row?.stage === "confirmed") {
      note(id, "WAITS_FOR_MEMBERS"); // its session is ended by whoever is bound to it
      return undefined;
    }
    const both = ranked(
      id,
      evidence.members.filter((slot) => newest.slots.includes(slot)),
    );
    const since = clock.now() - (toMove.get(id) ?? clock.now());
    if (newest.ownSlot === undefined) {
      const rank = both.length + Math.max(0, ranked(id, evidence.members).indexOf((await ownSlotIn(evidence.epoch)) ?? 0));
      // Those that stay drive by themselves. It asks what came of that: nobody tells who is not there.
      return since >= Math.min(rank, 2) * STEP_MILLISECONDS ? () => show(id, evidence, newest) : undefined;
    }
    const rank = offered.has(id) ? 0 : both.indexOf(newest.ownSlot);
    return since >= Math.max(rank, 0) * STEP_MILLISECONDS ? () => drive(id, evidence, newest) : undefined;
  };

  const ownSlotIn = async (epoch: number): Promise<number | undefined> =>
    (await services.members.own(epoch, await services.chain.look()))?.slot;

  /** As a member that leaves: asks a new member to drive, or what came of it. */
  const show = async (id: Hash32, evidence: KeyEvidence, { epoch, slots }: Newest): Promise<void> => {
    const order = ranked(id, slots);
    const to = order[Math.floor(clock.now() / ROUND_MILLISECONDS) % order.length];
    if (to === undefined) return note(id, "NO_MEMBERS");
    const ask = { serverKeyId: id, epoch: evidence.epoch, toEpoch: epoch, about: encodeEvidence(evidence) };
    try {
      const { moved: there } = await askMove(services, "offer", MOVE_MESSAGES.offer, ask, { epoch: evidence.epoch, to });
      if (there === undefined) return note(id, "OTHERS_DRIVE", to);
      await member.learn(there);
      moved += 1;
      forget(id);
      log.info("A server key has moved to an epoch without this keeper", { serverKeyId: id, epoch });
    } catch (error) {
      note(id, error instanceof KeyquorumError ? error.code : "UNAVAILABLE", to);
    }
  };

  const drive = async (id: Hash32, evidence: KeyEvidence, { epoch, slots, ownSlot = 0 }: Newest): Promise<void> => {
    if (evidence.threshold + 1 > slots.length) return note(id, "TOO_FEW_MEMBERS");
    moving.add(id);
    try {
      const left = new Set<number>();
      for (let set = 0; set < SETS; set += 1) {
        const dealers = await chooseDealers(evidence, left);
        if (dealers === undefined) return note(id, waiting.get(id)?.reason ?? "TOO_FEW_DEALERS", waiting.get(id)?.slot);
        const proposal = proposalOf(id, evidence, { epoch, slots, ownSlot, dealers });
        const failed = await tryMove(id, proposal, evidence, left);
        if (failed === "moved" || failed === "stopped") return;
      }
    } finally {
      moving.delete(id);
    }
  };

  const chooseDealers = async (evidence: KeyEvidence, left: ReadonlySet<number>): Promise<readonly number[] | undefined> => {
    const absent = await services.members.absent(evidence.epoch, await services.chain.look());
    const own = await ownSlotIn(evidence.epoch);
    const rank = (slot: number): number => {
      const since = clock.now() - (silentAt.get(slot) ?? Number.NEGATIVE_INFINITY);
      return slot === own ? 0 : since >= 0 && since < AVOID_MILLISECONDS ? 2 : 1;
    };
    const able = evidence.members.filter((slot) => !absent.includes(slot) && !left.has(slot) && !verifyingShareOf(evidence, slot).is0());
    const needed = dealersNeeded(evidence);
    if (able.length < needed) return undefined;
    return able
      .toSorted((a, b) => rank(a) - rank(b) || a - b)
      .slice(0, needed)
      .toSorted((a, b) => a - b);
  };

  const tryMove = async (
    id: Hash32,
    proposal: ServerKeyProposal,
    evidence: KeyEvidence,
    left: Set<number>,
  ): Promise<"moved" | "again" | "stopped"> => {
    const before = left.size;
    const isOneOf = (slot: number): boolean => proposal.moved?.dealers.some(({ dealer }) => dealer === slot) === true;
    try {
      await board.move(proposal, (session, contributions) => askDealers(id, { ...session, contributions }, evidence, left));
      moved += 1;
      forget(id);
      log.info("A server key was moved", { serverKeyId: id, epoch: proposal.epoch });
      await tellLeaving(id, proposal, evidence);
      return "moved";
    } catch (error) {
      if (!(error instanceof ServerKeyFailure)) {
        note(id, error instanceof KeyquorumError ? error.code : "FAILED");
        if (!(error instanceof KeyquorumError)) log.warn("Moving a server key failed", { serverKeyId: id, ...describeError(error) });
        return "stopped";
      }
      const { reason, slot } = error;
      if (slot !== undefined && isOneOf(slot) && (reason === "BAD_SHARE" || reason === "BAD_ANSWER")) left.add(slot);
      if (left.size > before) {
        if (reason === "BAD_SHARE" || reason === "BAD_ANSWER")
          log.warn("A server key was not moved: a member is named", { serverKeyId: id, reason, slot });
        return "again";
      }
      note(id, reason, slot);
      return "stopped";
    }
  };

  /** All at once; who does not deal is left out of the next set. */
  const askDealers = async (id: Hash32, ask: RedealAsk, evidence: KeyEvidence, left: Set<number>): Promise<readonly ShownDealing[]> => {
    const { proposal } = ask;
    const own = await ownSlotIn(evidence.epoch);
    const asked = (proposal.moved?.dealers ?? []).map(async ({ dealer }) => {
      try {
        return dealer === own
          ? await member.redeal(ask, proposal.coordinator)
          : await askMove(services, "redeal", MOVE_MESSAGES.redeal, ask, { epoch: proposal.epoch, to: dealer });
      } catch (error) {
        left.add(dealer);
        silentAt.set(dealer, clock.now());
        const detail = error instanceof KeyquorumError ? (error.details as { readonly reason?: unknown } | undefined)?.reason : undefined;
        note(id, typeof detail === "string" ? detail : error instanceof KeyquorumError ? error.code : "UNAVAILABLE", dealer);
        return undefined;
      }
    });
    const given = (await Promise.all(asked)).flatMap((one) => one ?? []);
    if (given.length < asked.length) throw new ServerKeyFailure("REFUSED");
    return given;
  };

  /** Members that stay heard it in the session. Who cannot be reached now asks later. */
  const tellLeaving = async (id: Hash32, proposal: ServerKeyProposal, evidence: KeyEvidence): Promise<void> => {
    const row = await board.member.rowOf(movedRowName(id, proposal.epoch));
    if (row?.stage !== "generated") return;
    const { sid, key, confirmations } = row;
    const ask = { proposal: row.proposal, sid, confirmations, commitmentsHash: key.commitmentsHash, verifyingRoot: key.verifyingRoot };
    const leaving = evidence.members.filter((slot) => !proposal.members.includes(slot));
    await Promise.allSettled(leaving.map((to) => askMove(services, "moved", MOVE_MESSAGES.moved, ask, { epoch: proposal.epoch, to })));
  };

  return {
    eachRound,
    hurry: () => {
      isHurried = true;
      looked = { epoch: 0, at: Number.NEGATIVE_INFINITY };
      lastRound = Number.NEGATIVE_INFINITY;
      for (const id of toMove.keys()) toMove.set(id, Number.NEGATIVE_INFINITY);
    },
    onOffered: (id, evidence) => {
      if (offered.size < MOST_OFFERED || offered.has(id)) offered.set(id, evidence);
    },
    seen: () => {
      const counts = new Map<string, { reason: string; slot?: number; keys: number }>();
      for (const [id, why] of waiting) {
        if (!toMove.has(id)) continue;
        const name = `${why.reason} ${why.slot ?? ""}`;
        const one = counts.get(name) ?? { ...why, keys: 0 };
        one.keys += 1;
        counts.set(name, one);
      }
      return {
        toMove: toMove.size,
        moving: moving.size,
        moved,
        waiting: [...counts.values()].toSorted((a, b) => b.keys - a.keys).slice(0, 20),
      };
    },
  };
};

const proposalOf = (
  id: Hash32,
  evidence: KeyEvidence,
  {
    epoch,
    slots,
    ownSlot,
    dealers,
  }: { readonly epoch: number; readonly slots: readonly number[]; readonly ownSlot: number; readonly dealers: readonly number[] },
): ServerKeyProposal => ({
  ...{ serverKeyId: id, author: evidence.author, authorSignature: new Uint8Array(65), threshold: evidence.threshold, epoch },
  ...{ members: slots, coordinator: ownSlot },
  moved: {
    publicKey: evidence.commitments[0] as NonNullable<(typeof evidence.commitments)[0]>, // t+1 of them
    dealers: dealers.map((slot) => ({ dealer: slot, place: BigInt(slot), verifyingShare: verifyingShareOf(evidence, slot) })),
    about: encodeEvidence(evidence),
  },
});
