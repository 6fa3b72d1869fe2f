import { describeError, type ExtensionServices, type PeerAnswerer } from "@keyquorum/keeper";
import type { ServerKeyMember, ServerKeyProposal } from "@keyquorum/protocol";
import { type Hash32, KeyquorumError, ZERO_HASH } from "@keyquorum/wire";
import type { BoardMembers, Present } from "../board/boardMembers.ts";
import type { Effort } from "./addingUp.ts";
import { BAD_SHARE, importAnswerers } from "./importAnswerers.ts";
import { OLD_SHARES_FULL } from "./importerRoom.ts";
import { IMPORT_MESSAGES } from "./importMessages.ts";
import type { ImportOptions } from "./importOptions.ts";
import type { ImportSource, ReadShare } from "./importSource.ts";

/** A keeper whose turn it is has so long for a key before the next one tries it. */
const TURN_MILLISECONDS = 30_000;
/** After a session that failed, doubled each time. */
const PAUSE_MILLISECONDS = 10_000;
const LONGEST_PAUSE_MILLISECONDS = 600_000;
/** Between two looks at what waits. */
const ROUND_MILLISECONDS = 5_000;
/** Points that a round may have multiplied, in turns, to find which old shares add up: about a second. */
const POINTS_A_ROUND = 8_192;

/** One keeper's part in importing old keys: what it takes in, and the sessions that it drives when enough is there. */
export type Importing = {
  readonly answerers: readonly PeerAnswerer[];
  /** Begins what is ready, in the background, and forgets what nobody will need. */
  readonly eachRound: () => void;
  /** The same, until nothing more can be done now: for tests. */
  readonly run: () => Promise<void>;
  /** Ids of which shares wait. */
  readonly waiting: () => Promise<number>;
};

/** When a key was first seen to be ready here, and when it may be tried again. */
type Turn = { readonly readyAt: number; readonly notBefore: number; readonly failures: number; readonly why: string };

/** @param importKey generates by the board what is proposed: throws what that throws */
export const createImporting = (
  services: ExtensionServices,
  parts: {
    readonly source: ImportSource;
    readonly options: ImportOptions | undefined;
    readonly present: BoardMembers["present"];
    readonly rowOf: ServerKeyMember["rowOf"];
    readonly importKey: (proposal: ServerKeyProposal) => Promise<unknown>;
  },
): Importing => {
  const { source, options, present, rowOf, importKey } = parts;
  const { log, clock, stopping } = services;
  const turns = new Map<Hash32, Turn>();
  const told = new Map<Hash32, string>();
  /** Ids whose shares were looked at in this epoch, and which none came to since: thousands may wait for another node. */
  let looked = { epoch: 0, ids: new Set<Hash32>() };

  const say = (serverKeyId: Hash32, what: string, line: object): void => {
    if (told.get(serverKeyId) !== what) log.warn(what, { serverKeyId, ...line });
    told.set(serverKeyId, what);
  };

  /** Every other member gets every share of the key; which of them some member finds wrong for itself. Throws where one does not answer. */
  const carry = async (shares: readonly ReadShare[], { slots, ownSlot }: Present): Promise<ReadonlySet<Hash32>> => {
    const refused = new Set<Hash32>();
    const heads = services.chain.seen() ?? (await services.chain.look());
    for (const slot of slots) {
      if (slot === ownSlot) continue;
      const endpoint = (await services.members.endpointOf(slot, heads)) ?? "";
      for (const share of shares)
        await services.peers.ask(IMPORT_MESSAGES.share, endpoint, share).catch((error: unknown) => {
          const why = refusalOf(error);
          if (why === undefined) throw error;
          refused.add(share.name);
          say(share.claim.serverKeyId, why, { slot, importer: share.importer });
        });
    }
    return refused;
  };

  const importOne = async (serverKeyId: Hash32, now: Present, effort: Effort): Promise<void> => {
    const { epoch, slots, ownSlot } = now;
    const shares = await source.sharesOf({ serverKeyId, epoch, members: slots });
    const before = await source.agree(shares, effort);
    if (before.kind === "wrong" || before.kind === "conflict") {
      const text = before.kind === "wrong" ? "Old shares do not add up to their key" : "Old records of one key disagree";
      say(serverKeyId, text, { importers: shares.map(({ importer }) => importer), agreeing: before.agreeing });
    }
    if (before.kind !== "ready") {
      turns.delete(serverKeyId);
      looked.ids.add(serverKeyId);
      return;
    }
    const turn = turns.get(serverKeyId) ?? { readyAt: clock.now(), notBefore: 0, failures: 0, why: "" };
    turns.set(serverKeyId, turn);
    const rank = slots.indexOf(ownSlot);
    if (clock.now() < Math.max(turn.notBefore, turn.readyAt + rank * TURN_MILLISECONDS)) return;
    try {
      const refused = await carry(shares, now);
      const agreement = await source.agree(shares.filter(({ name }) => !refused.has(name)));
      if (agreement.kind !== "ready") throw new KeyquorumError("UNAVAILABLE", "Without the shares that members refuse there are too few.");
      const { claim, used, wrong } = agreement;
      const { author, threshold, publicKey, documentKey } = claim;
      source.assertAllowed(threshold);
      await importKey({
        ...{ serverKeyId, author, authorSignature: new Uint8Array(65), threshold, epoch, members: slots, coordinator: ownSlot },
        imported: { publicKey, dealings: used.map(({ name }) => name), ...(documentKey === undefined ? {} : { documentKey }) },
      });
      log.info("An old key was imported", { serverKeyId, threshold, hasDocumentKey: documentKey !== undefined });
      for (const { importer } of wrong) log.warn("An old share was wrong: the key was imported without it", { serverKeyId, importer });
      turns.delete(serverKeyId);
      told.delete(serverKeyId);
    } catch (error) {
      const why = describeError(error).error;
      if (why !== turn.why) log.warn("An old key could not be imported yet", { serverKeyId, ...describeError(error) });
      const failures = turn.failures + 1;
      const pause = Math.min(PAUSE_MILLISECONDS * 2 ** (failures - 1), LONGEST_PAUSE_MILLISECONDS);
      turns.set(serverKeyId, { ...turn, failures, notBefore: clock.now() + pause, why });
    }
  };

  /** Where the last round ended, which had no effort left for more. */
  let nextId: Hash32 = ZERO_HASH;
  const run = async (): Promise<void> => {
    const isOver = options === undefined || clock.now() >= options.until;
    if (options !== undefined && !isOver) await source.rows.forgetOthers(options.from);
    const ids = await source.rows.ids();
    if (ids.length === 0) return;
    const now = isOver ? undefined : await present();
    if (now !== undefined && now.epoch !== looked.epoch) looked = { epoch: now.epoch, ids: new Set() };
    const effort = { left: POINTS_A_ROUND };
    const first = Math.max(
      0,
      ids.findIndex((id) => id >= nextId),
    );
    for (const id of [...ids.slice(first), ...ids.slice(0, first)]) {
      if (stopping.aborted) return;
      nextId = id;
      if (effort.left <= 0) return;
      if (now !== undefined && looked.ids.has(id)) continue;
      const row = await rowOf(id);
      // What is under way needs its old shares until it is a key, or is given up.
      if (row !== undefined && row.stage !== "generated") continue;
      if (now === undefined || (await source.hasKey(id))) {
        await source.rows.forget(id);
        continue;
      }
      for (const share of await source.rows.ofKey(id)) if (share.epoch < now.epoch) await source.rows.delete(share);
      await importOne(id, now, effort);
    }
  };

  let isRunning = false;
  let lastRound = Number.NEGATIVE_INFINITY;
  return {
    answerers: importAnswerers(services, {
      ...{ source, options, present, rowOf },
      onShare: (serverKeyId) => void looked.ids.delete(serverKeyId),
    }),
    eachRound: () => {
      const since = clock.now() - lastRound;
      if (isRunning || (since >= 0 && since < ROUND_MILLISECONDS)) return;
      [isRunning, lastRound] = [true, clock.now()];
      void run()
        .catch((error: unknown) => log.warn("Old keys could not be looked through", describeError(error)))
        .finally(() => {
          isRunning = false;
        });
    },
    run,
    waiting: async () => (await source.rows.ids()).length,
  };
};

/** Why a member does not hold one old share: it is imported without. Undefined: it holds none, or is not there. */
const refusalOf = (error: unknown): string | undefined => {
  if (!(error instanceof KeyquorumError)) return undefined;
  if (error.details.reason === BAD_SHARE) return "A member finds an old share that was dealt to it wrong";
  if (error.details.reason === OLD_SHARES_FULL) return "A member has no room for an importer's old shares";
  return error.code === "REQUEST_CONFLICT" ? "An importer brought a member another old share" : undefined;
};
