import { describeError, type ExtensionServices } from "@keyquorum/keeper";
import { ServerKeyFailure, type ServerKeyProposal, type ShownDealing } from "@keyquorum/protocol";
import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import type { ServerKeyBoard } from "../board/serverKeyBoard.ts";
import { dealersNeeded, encodeEvidence, type KeyEvidence, verifyingShareOf } from "./evidence.ts";
import type { MoveMember } from "./moveMember.ts";
import { MOVE_MESSAGES, type RedealAsk } from "./moveMessages.ts";
import { type AskingServices, askMove } from "./moveQuestions.ts";
import type { WaitingFor } from "./moveQueue.ts";

/** Sets of dealers that are tried in one round, and how long one is left out that did not deal. */
const SETS = 4;
const AVOID_MILLISECONDS = 60_000;

/** The epoch that keys go to, as the chain is now. `ownSlot`: this keeper's in it. */
export type NewestEpoch = { readonly epoch: number; readonly slots: readonly number[]; readonly ownSlot: number };

type Options = {
  readonly services: AskingServices & Pick<ExtensionServices, "log">;
  readonly board: Pick<ServerKeyBoard, "move">;
  readonly member: Pick<MoveMember, "redeal">;
  readonly tellLeaving: (proposal: ServerKeyProposal) => Promise<void>;
  /** Told why a key is not moved yet; the last one stays. */
  readonly note: (id: Hash32, why: WaitingFor) => void;
};

/** Moves one key, with this keeper as coordinator: whether it has moved. Another set of dealers is tried where some do not deal. PROTOCOL section 8.6. */
export type DriveMove = (id: Hash32, evidence: KeyEvidence, newest: NewestEpoch) => Promise<boolean>;

export const createDriveMove = ({ services, board, member, tellLeaving, note }: Options): DriveMove => {
  const { clock, log } = services;
  const silentAt = new Map<number, number>();

  const ownSlotIn = async (epoch: number): Promise<number | undefined> =>
    (await services.members.own(epoch, await services.chain.look()))?.slot;

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
        const code = error instanceof KeyquorumError ? error.code : "UNAVAILABLE";
        note(id, { reason: typeof detail === "string" ? detail : code, slot: dealer });
        return undefined;
      }
    });
    const given = (await Promise.all(asked)).flatMap((one) => one ?? []);
    if (given.length < asked.length) throw new ServerKeyFailure("REFUSED");
    return given;
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
    } catch (error) {
      if (!(error instanceof ServerKeyFailure)) {
        note(id, { reason: error instanceof KeyquorumError ? error.code : "FAILED" });
        if (!(error instanceof KeyquorumError)) log.warn("Moving a server key failed", { serverKeyId: id, ...describeError(error) });
        return "stopped";
      }
      const { reason, slot } = error;
      const isGuilty = slot !== undefined && isOneOf(slot) && (reason === "BAD_SHARE" || reason === "BAD_ANSWER");
      if (isGuilty) {
        left.add(slot);
        note(id, { reason, slot });
        log.warn("A server key was not moved: a member is named", { serverKeyId: id, reason, slot });
      }
      if (left.size > before) return "again";
      note(id, { reason, ...(slot === undefined ? {} : { slot }) });
      return "stopped";
    }
    log.info("A server key was moved", { serverKeyId: id, epoch: proposal.epoch });
    await tellLeaving(proposal).catch(() => undefined); // who was not told asks
    return "moved";
  };

  return async (id, evidence, newest) => {
    const left = new Set<number>();
    for (let set = 0; set < SETS; set += 1) {
      const dealers = await chooseDealers(evidence, left);
      if (dealers === undefined) {
        if (left.size === 0) note(id, { reason: "TOO_FEW_DEALERS" }); // else the last one's reason stays
        return false;
      }
      const outcome = await tryMove(id, proposalOf(id, evidence, newest, dealers), evidence, left);
      if (outcome !== "again") return outcome === "moved";
    }
    return false;
  };
};

const proposalOf = (
  id: Hash32,
  evidence: KeyEvidence,
  { epoch, slots, ownSlot }: NewestEpoch,
  dealers: readonly number[],
): ServerKeyProposal => ({
  ...{ serverKeyId: id, author: evidence.author, authorSignature: new Uint8Array(65), threshold: evidence.threshold, epoch },
  ...{ members: slots, coordinator: ownSlot },
  moved: {
    publicKey: evidence.commitments[0] as NonNullable<(typeof evidence.commitments)[0]>, // t+1 of them
    dealers: dealers.map((slot) => ({ dealer: slot, place: BigInt(slot), verifyingShare: verifyingShareOf(evidence, slot) })),
    about: encodeEvidence(evidence),
  },
});
