import type { ExtensionServices } from "@keyquorum/keeper";
import { movedRowName } from "@keyquorum/protocol";
import { keccakWords } from "@keyquorum/threshold";
import { bytesToHex, type Hash32, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import type { ServerKeyBoard } from "../board/serverKeyBoard.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { createDriveMove, type NewestEpoch } from "./driveMove.ts";
import { encodeEvidence, type KeyEvidence } from "./evidence.ts";
import { findHeldKey } from "./heldKey.ts";
import { createKeysToMove } from "./keysToMove.ts";
import type { MoveMember } from "./moveMember.ts";
import { MOVE_MESSAGES } from "./moveMessages.ts";
import { type AskingServices, askMove } from "./moveQuestions.ts";
import { createMoveQueue, type WaitingFor } from "./moveQueue.ts";
import type { createTellLeaving } from "./tellLeaving.ts";

/** Between two rounds, and between two members that would drive the same move. */
const ROUND_MILLISECONDS = 10_000;
const STEP_MILLISECONDS = 30_000;
/** Keys that are moved at once. */
const AT_ONCE = 4;

/** Keys of earlier epochs, and why they are not moved yet: by reason, and the slot that is waited for. */
export type MovesSeen = {
  readonly toMove: number;
  readonly moving: number;
  readonly moved: number;
  readonly waiting: readonly (WaitingFor & { readonly keys: number })[];
};

export type Mover = {
  readonly eachRound: () => Promise<void>;
  /** Waits for no turn from the next round on: somebody who may asked for it. */
  readonly hurry: () => void;
  readonly onOffered: (serverKeyId: Hash32, evidence: KeyEvidence) => void;
  readonly seen: () => MovesSeen;
};

type Services = AskingServices & Pick<ExtensionServices, "log" | "table">;

/** As the chain is now. `ownSlot`: undefined where this keeper is none of its members. */
type Newest = Omit<NewestEpoch, "ownSlot"> & { readonly ownSlot: number | undefined };

/** Gets the keys of earlier epochs to the newest one, some at a time; whose turn it is goes by rank. PROTOCOL section 8.6. */
export const createMover = ({
  services,
  records,
  board,
  member,
  tellLeaving,
}: {
  readonly services: Services;
  readonly records: ServerKeyRecords;
  readonly board: Pick<ServerKeyBoard, "move" | "member">;
  readonly member: Pick<MoveMember, "redeal" | "learn" | "takeBack">;
  readonly tellLeaving: ReturnType<typeof createTellLeaving>;
}): Mover => {
  const { clock, log } = services;
  const queue = createMoveQueue();
  const keysToMove = createKeysToMove({ services, records, member, queue });
  const moving = new Set<Hash32>();
  let moved = 0;
  let isHurried = false;
  let lastRound = Number.NEGATIVE_INFINITY;

  const note = (id: Hash32, why: WaitingFor): void => {
    if (queue.note(id, why)) log.info("A server key is not moved yet", { serverKeyId: id, ...why });
  };
  const hasMoved = (id: Hash32): void => {
    moved += 1;
    queue.forget(id);
  };
  const driveMove = createDriveMove({ services, board, member, tellLeaving, note });

  const ownSlotIn = async (epoch: number): Promise<number | undefined> =>
    (await services.members.own(epoch, await services.chain.look()))?.slot;

  const lookAtChain = async (): Promise<Newest> => {
    const heads = await services.chain.look();
    const epoch = await services.members.epochAt(heads.final);
    const [members, absent] = await Promise.all([services.members.of(epoch, heads), services.members.absent(epoch, heads)]);
    const slots = members.map(({ slot }) => slot).filter((slot) => !absent.includes(slot));
    const own = await services.members.own(epoch, heads);
    return { epoch, slots, ownSlot: own !== undefined && slots.includes(own.slot) ? own.slot : undefined };
  };

  const eachRound = async (): Promise<void> => {
    const now = clock.now();
    if (now >= lastRound && now - lastRound < ROUND_MILLISECONDS) return;
    lastRound = now;
    const newest = await lookAtChain();
    await keysToMove.look(newest.epoch, isHurried);
    isHurried = false;
    const due = new Map<Hash32, () => Promise<void>>();
    for (const id of queue.inTurn()) {
      if (due.size >= AT_ONCE) break;
      const work = await dueWork(id, newest);
      if (work !== undefined) due.set(id, work);
    }
    const before = moved;
    await Promise.all([...due.values()].map((work) => work()));
    queue.tried([...due.keys()]);
    if (moved > before) lastRound = Number.NEGATIVE_INFINITY; // it goes well: the next ones need not wait
  };

  const dueWork = async (id: Hash32, newest: Newest): Promise<(() => Promise<void>) | undefined> => {
    const held = await findHeldKey(records, board.member.rowOf, hexToBytes(id, 32));
    const evidence = held?.evidence ?? queue.offered(id);
    if (evidence === undefined || evidence.epoch >= newest.epoch) {
      queue.forget(id);
      return undefined;
    }
    const row = await board.member.rowOf(movedRowName(id, newest.epoch));
    if (row?.stage === "accepted" || row?.stage === "confirmed") {
      note(id, { reason: "WAITS_FOR_MEMBERS" }); // its session is ended by whoever is bound to it
      return undefined;
    }
    const both = ranked(
      id,
      evidence.members.filter((slot) => newest.slots.includes(slot)),
    );
    const since = clock.now() - (queue.since(id) ?? clock.now());
    const { ownSlot } = newest;
    if (ownSlot === undefined) {
      const rank = both.length + Math.max(0, ranked(id, evidence.members).indexOf((await ownSlotIn(evidence.epoch)) ?? 0));
      // Those that stay drive by themselves. It asks what came of that: nobody tells who is not there.
      return since >= Math.min(rank, 2) * STEP_MILLISECONDS ? () => show(id, evidence, newest) : undefined;
    }
    const rank = queue.offered(id) !== undefined ? 0 : both.indexOf(ownSlot);
    return since >= Math.max(rank, 0) * STEP_MILLISECONDS ? () => drive(id, evidence, { ...newest, ownSlot }) : undefined;
  };

  /** As a member that leaves: asks a new member to drive, or what came of it. */
  const show = async (id: Hash32, evidence: KeyEvidence, { epoch, slots }: Newest): Promise<void> => {
    const order = ranked(id, slots);
    const to = order[Math.floor(clock.now() / ROUND_MILLISECONDS) % order.length];
    if (to === undefined) return note(id, { reason: "NO_MEMBERS" });
    const ask = { serverKeyId: id, epoch: evidence.epoch, toEpoch: epoch, about: encodeEvidence(evidence) };
    try {
      const { moved: there } = await askMove(services, "offer", MOVE_MESSAGES.offer, ask, { epoch: evidence.epoch, to });
      if (there === undefined) return note(id, { reason: "OTHERS_DRIVE", slot: to });
      await member.learn(there);
      hasMoved(id);
      log.info("A server key has moved to an epoch without this keeper", { serverKeyId: id, epoch });
    } catch (error) {
      note(id, { reason: error instanceof KeyquorumError ? error.code : "UNAVAILABLE", slot: to });
    }
  };

  const drive = async (id: Hash32, evidence: KeyEvidence, newest: NewestEpoch): Promise<void> => {
    if (evidence.threshold + 1 > newest.slots.length) return note(id, { reason: "TOO_FEW_MEMBERS" });
    moving.add(id);
    try {
      if (await driveMove(id, evidence, newest)) hasMoved(id);
    } finally {
      moving.delete(id);
    }
  };

  return {
    eachRound,
    hurry: () => {
      isHurried = true;
      keysToMove.again();
      lastRound = Number.NEGATIVE_INFINITY;
      queue.hurry();
    },
    onOffered: queue.offer,
    seen: () => ({ ...queue.seen(), moving: moving.size, moved }),
  };
};

/** Members in an order that differs with the key. */
const ranked = (id: Hash32, slots: readonly number[]): readonly number[] => {
  const place = (slot: number): string => bytesToHex(keccakWords(hexToBytes(id, 32), slot));
  return slots.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
};
