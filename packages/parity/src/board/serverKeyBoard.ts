import type { ExtensionServices, PeerAnswerer } from "@keyquorum/keeper";
import { createServerKeyMember, ServerKeyFailure, type ServerKeyMember, type ServerKeyProposal } from "@keyquorum/protocol";
import { MIN_SERVER_KEY_MEMBERS, type Point } from "@keyquorum/threshold";
import { bytesToHex, hexToBytes, KeyquorumError, parseHash32 } from "@keyquorum/wire";
import type { MoveMember } from "../epochs/moveMember.ts";
import { KeyServerError } from "../formats/keyServerError.ts";
import { encodePoint64 } from "../formats/point64.ts";
import type { ImportSource } from "../importing/importSource.ts";
import type { KeyServer } from "../keyServer/keyServer.ts";
import { createServerKeyRecords } from "../records/serverKeyRecords.ts";
import { boardAnswerers } from "./answering.ts";
import { toldOf } from "./boardErrors.ts";
import { type BoardMembers, createBoardMembers, type MayGenerate } from "./boardMembers.ts";
import { createBoardRows } from "./boardRows.ts";
import { createMemberQuota, type MemberLimits } from "./memberQuota.ts";
import { shareUsed } from "./room.ts";
import { epochSecretsOf } from "./secrets.ts";
import { createSessionReport, type Named } from "./sessionReport.ts";
import { createDrive, type DealtBy, type Drive } from "./undertakings.ts";
import { createWaitingSessions } from "./waitingSessions.ts";

/** A client is told within 5 s that a member is away: its questions, and what remains to be said to the others, have this together. */
const BUDGET_MILLISECONDS = 4_500;

/**
 * Whether this keeper could drive a generation now, or why not. no_epoch: it has no part in the newest final epoch. store_full: nothing is left for another
 * server key. board_full: too many sessions that it drove wait for members.
 */
export type GenerationState = "open" | "no_epoch" | "too_few_members" | "store_full" | "board_full";

/** One keeper's part in generating server keys: as coordinator, as member, and what it still has to end. */
export type ServerKeyBoard = Pick<KeyServer, "generate" | "heldFor"> & {
  readonly answerers: readonly PeerAnswerer[];
  /** Ends sessions that wait for others, and forgets those that nobody waits for. */
  readonly eachRound: () => Promise<void>;
  /** As the chain is now. Throws ChainUnavailableError, KeyquorumError FINALITY_BROKEN. */
  readonly state: () => Promise<GenerationState>;
  /** Drives a move to the newest epoch. Throws ServerKeyFailure, KeyquorumError. */
  readonly move: (proposal: ServerKeyProposal, dealtBy: DealtBy) => Promise<Point>;
  readonly assertCurrent: BoardMembers["assertCurrent"];
  /** This keeper's own answers, as others get them. */
  readonly member: ServerKeyMember;
  /** Whom a key would be for now. */
  readonly present: BoardMembers["present"];
  /** Drives the session of an imported key, with this keeper as coordinator. Throws ServerKeyFailure, which the log has, too. */
  readonly importKey: (proposal: ServerKeyProposal) => Promise<void>;
};

/** What a board asks and tells of keys of earlier epochs. */
export type BoardMoves = Pick<MoveMember, "admit"> & {
  /** Of a move that waited for members, and that this keeper ended with them. */
  readonly onEnded: (proposal: ServerKeyProposal) => Promise<void>;
};

/**
 * @param mayGenerate this keeper's own rules, for its clients' proposals and for others'
 * @param limits of what is accepted in a day. Default: none
 * @param imports what knows of old keys. Default: no imported key is taken part in
 * @param moves what knows of keys of earlier epochs. Default: none is moved
 * @param named told of a member that was absent, or proved wrong: for metrics
 * @param patience milliseconds for the questions of one undertaking. Tests have more, because their machines are busy
 * @param change changes what this keeper answers: for tests of keepers that lie. Default: nothing
 */
export const createServerKeyBoard = async ({
  services,
  mayGenerate,
  limits,
  imports,
  moves,
  named = () => undefined,
  patience = BUDGET_MILLISECONDS,
  change = (member) => member,
}: {
  readonly services: ExtensionServices;
  readonly mayGenerate: MayGenerate;
  readonly limits?: MemberLimits | undefined;
  readonly imports?: ImportSource;
  readonly moves?: BoardMoves;
  readonly named?: Named;
  readonly patience?: number;
  readonly change?: (member: ServerKeyMember) => ServerKeyMember;
}): Promise<ServerKeyBoard> => {
  const { clock } = services;
  const members = createBoardMembers(services, mayGenerate, imports, moves);
  const quota = limits === undefined ? undefined : quotaOf(services, limits);
  const rows = createBoardRows(services, quota, clock.now);
  const records = createServerKeyRecords(services);
  /** A key that came here by a move has no session of its id here, and one that left for a later epoch has no present record: the id is theirs. */
  const requireFree = async ({ serverKeyId, moved }: ServerKeyProposal): Promise<void> => {
    if (moved === undefined && (await records.epochsOf(hexToBytes(serverKeyId, 32))).length > 0)
      throw new KeyquorumError("ACCESS_DENIED", "This keeper has a key of this id.");
  };
  const own = change(
    await createServerKeyMember({
      ...{ rows, secrets: epochSecretsOf(services), now: clock.now, randomOf: services.random },
      ...{ contextOf: members.contextOf, assertCurrent: members.assertCurrent },
      admit: async (proposal) => {
        await members.admit(proposal);
        await requireFree(proposal);
        await rows.requireRoom(proposal);
      },
      isHitByRemoval: members.isHitByRemoval,
      ...(imports === undefined ? {} : { importedPart: async (proposal) => imports.partOf(proposal, await members.contextOf(proposal)) }),
    }),
  );
  const report = createSessionReport(services, named);
  const drive = createDrive(services, { own, contextOf: members.contextOf, patience });
  const waiting = createWaitingSessions(services, { own, drive, report, onMoved: async (proposal) => moves?.onEnded(proposal) });

  const importKey = async (proposal: ServerKeyProposal): Promise<void> => {
    try {
      await drive(proposal, "generate");
    } catch (error) {
      report(proposal.serverKeyId, error);
      throw error;
    }
  };

  return {
    ...{ member: own, present: members.present, importKey, assertCurrent: members.assertCurrent },
    move: (proposal, dealtBy) => drive(proposal, "generate", dealtBy),
    answerers: boardAnswerers(services, {
      ...{ member: own, members },
      onBusy: ({ serverKeyId }) => {
        void own
          .rowOf(serverKeyId)
          .then((row) => (row === undefined || row.stage === "generated" ? undefined : waiting.end(row.proposal)))
          .catch((error: unknown) => report(serverKeyId, error));
      },
    }),
    eachRound: waiting.eachRound,
    heldFor: async (bytes) => {
      const row = await own.rowOf(parseHash32(bytesToHex(bytes)));
      return row?.stage === "accepted" || row?.stage === "confirmed" || row?.stage === "generated" ? row.proposal.author : undefined;
    },
    state: () => generationState(services, members, own),
    generate: async ({ serverKeyId: bytes, author, threshold, signature }) => {
      services.assertServing();
      const serverKeyId = parseHash32(bytesToHex(bytes));
      try {
        const key = await generateFor({ serverKeyId, author, threshold, authorSignature: signature }, { own, members, drive });
        return encodePoint64(key);
      } catch (error) {
        if (error instanceof KeyServerError) throw error;
        report(serverKeyId, error);
        throw error instanceof ServerKeyFailure ? toldOf(error) : error;
      }
    },
  };
};

/** A quota that says in the log when it is used up. */
const quotaOf = ({ clock, log }: ExtensionServices, limits: MemberLimits): ReturnType<typeof createMemberQuota> =>
  createMemberQuota({
    ...{ limits, now: clock.now },
    onUsedUp: (coordinator) =>
      log.warn("Today's server keys are used up: this keeper takes part in no more", {
        ...limits,
        ...(coordinator === undefined ? {} : { coordinator }),
      }),
  });

const generationState = async (services: ExtensionServices, members: BoardMembers, own: ServerKeyMember): Promise<GenerationState> => {
  const present = await members.present().catch((error: unknown) => {
    if (error instanceof KeyquorumError && error.code === "NOT_MEMBER") return undefined;
    throw error;
  });
  if (present === undefined) return "no_epoch";
  if (present.slots.length < MIN_SERVER_KEY_MEMBERS) return "too_few_members";
  if (shareUsed(await services.held()) >= 1) return "store_full";
  return own.isFull({ epoch: present.epoch, members: present.slots, coordinator: present.ownSlot }) ? "board_full" : "open";
};

/** Generates a key for a client of this keeper, or ends the session of this id that is bound. Throws ServerKeyFailure, KeyServerError. */
const generateFor = async (
  ask: Pick<ServerKeyProposal, "serverKeyId" | "author" | "threshold" | "authorSignature">,
  { own, members, drive }: { readonly own: ServerKeyMember; readonly members: BoardMembers; readonly drive: Drive },
): Promise<Point> => {
  const held = await own.rowOf(ask.serverKeyId);
  if (held?.stage === "generated") throw new ServerKeyFailure("ALREADY_GENERATED");
  if (held?.stage === "accepted" || held?.stage === "confirmed") {
    // A session of this id is bound: it is ended, not begun again.
    const key = await drive(held.proposal, "end");
    const isSame = held.proposal.author === ask.author && held.proposal.threshold === ask.threshold;
    if (!isSame) throw new ServerKeyFailure("ALREADY_GENERATED");
    return key;
  }
  const { epoch, slots, ownSlot } = await members.present();
  if (slots.length < MIN_SERVER_KEY_MEMBERS || ask.threshold + 1 > slots.length)
    throw new KeyServerError(slots.length < MIN_SERVER_KEY_MEMBERS ? "NodeDisconnected" : "NotEnoughNodesForThreshold");
  return drive({ ...ask, epoch, members: slots, coordinator: ownSlot }, "generate");
};
