import { performReshareEffect, type ReshareBoard, type ReshareEffect, type ReshareView } from "@keyquorum/protocol";
import type { Address } from "@keyquorum/wire";
import type { ReshareFacts } from "../contracts/reshareFacts.ts";
import type { KeeperExtension } from "../extensions/extension.ts";
import type { Core } from "../run/core.ts";
import type { KeyMaterials } from "../shares/keyMaterials.ts";
import type { Shares } from "../shares/shares.ts";
import type { ConsentTo } from "./consent.ts";
import { askConsent, readDealer } from "./reshareDealer.ts";
import type { ReshareProgress } from "./reshareProgress.ts";
import { readReshareView } from "./reshareView.ts";
import { findFailure } from "./sessionEvents.ts";
import type { SessionKind, SessionWork } from "./sessionLoop.ts";
import { effectsOf } from "./sessionTask.ts";

export type ReshareWork = SessionWork & { readonly fromEpoch: number };

type Parts = Pick<Core, "vault" | "reader" | "contracts" | "operators" | "bulk" | "extensions" | "log" | "metrics"> &
  Pick<Shares, "committees" | "handOver"> & {
    readonly materials: Pick<KeyMaterials, "load">;
    readonly board: ReshareBoard;
    readonly consentTo: ConsentTo;
    readonly progress: ReshareProgress;
    /** Blocks between ranks for work that one keeper suffices for (D21). */
    readonly stagingBlocks: number;
  };

/**
 * A reshare: an old member deals its share, a new one takes and confirms its own, and a keeper that stays does both. PROTOCOL section 3.9.
 */
export const createReshare = (parts: Parts): SessionKind<ReshareWork, ReshareFacts, ReshareView, ReshareEffect> => {
  const { committees, operators, progress, log } = parts;
  const rankStep = parts.stagingBlocks;
  return {
    read: (at, sid) => at.reshareOf(sid),
    partIn: async ({ fromEpoch, epoch }, heads) => {
      const [dealers, members] = await Promise.all([committees.of(fromEpoch, heads), committees.of(epoch, heads)]);
      const isOwn = ({ operator }: { readonly operator: Address }): boolean => operators.includes(operator);
      const own = members.find(isOwn) ?? dealers.find(isOwn);
      return own && { slot: own.slot, members };
    },
    // A keeper that slept through two hand-overs: no request can need this share any more.
    isPast: async ({ work: { epoch }, facts: { status, keyId }, heads }) =>
      status === "Active" && (await parts.handOver.isOver({ keyId, epoch }, heads.final)),
    look: async (seen) => {
      const { sid, facts, slot } = seen;
      const view = await readReshareView(parts, seen);
      const { consent, material } = await readDealer(parts, seen);
      progress.note({ sid, facts, slot, consent });
      const old = {
        ...(material === undefined ? {} : { oldShare: material.share, oldPath: material.path }),
        consent: consent?.kind ?? ("withheld" as const),
      };
      return {
        view: { ...view, members: recipientsBy(parts.extensions, view, slot) },
        next: async (shown, own) => {
          const done = parts.bulk.run("reshare", { view: shown, own: { ...own, ...old }, rankStep });
          const effects = await effectsOf(done, own.verdicts);
          const isDealt = effects.some(({ kind }) => kind === "deal") && (await askConsent(parts, seen)).kind === "given";
          return isDealt ? effects : effects.filter(({ kind }) => kind !== "deal"); // it may have been withdrawn meanwhile: the next head says why
        },
      };
    },
    perform: (effect, keep) => performReshareEffect(effect, { board: parts.board, keep }),
    noteComplaint: ({ sid, dealer, recipient }) =>
      log.warn("An old member dealt this keeper a wrong share; complaining", { sid, dealer, recipient }),
    noteEnd: async ({ sid, keyId, epoch, outcome }) => {
      if (outcome === "failed")
        log.warn("Reshare failed; the key is active where it was", { sid, keyId, ...(await findFailure(parts, "keyResharing", sid)) });
      log.info("Reshare is over", { sid, keyId, epoch, outcome });
      parts.metrics.reshares.inc({ outcome });
    },
    forget: progress.over,
  };
};

/** The new members as extensions change them. */
const recipientsBy = (extensions: readonly KeeperExtension[], { sid, members }: ReshareView, slot: number): ReshareView["members"] =>
  extensions.reduce((seen, { transformRecipients }) => {
    const changed = transformRecipients?.(seen, { sid, slot }) ?? seen;
    return seen.map((member, i) => ({ ...member, ...changed[i] }));
  }, members);
