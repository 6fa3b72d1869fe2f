import { nextReshareSteps, performReshareEffect, type ReshareBoard, type ReshareEffect, type ReshareView } from "@keyquorum/protocol";
import type { NonceSource } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import type { Address } from "@keyquorum/wire";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { ReshareFacts } from "../contracts/reshareFacts.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import type { KeeperExtension } from "../run/extension.ts";
import type { Committees } from "../shares/committees.ts";
import type { HandOver } from "../shares/handOver.ts";
import type { KeyMaterials } from "../shares/keyMaterial.ts";
import type { ConsentTo } from "./consent.ts";
import { readDealer } from "./reshareDealer.ts";
import type { ReshareProgress } from "./reshareProgress.ts";
import { readReshareView } from "./reshareView.ts";
import type { SessionKind, SessionWork } from "./sessionLoop.ts";

export type ReshareWork = SessionWork & { readonly fromEpoch: number };

type Parts = {
  readonly vault: Pick<Vault, "logs">;
  readonly reader: ChainReader;
  readonly contracts: ServedContracts;
  /** This keeper's account now, and those that it had before: epochs name the one of their time. */
  readonly operators: readonly Address[];
  readonly committees: Committees;
  readonly materials: Pick<KeyMaterials, "load">;
  readonly consentTo: ConsentTo;
  readonly handOver: HandOver;
  readonly board: ReshareBoard;
  readonly progress: ReshareProgress;
  readonly nonces: NonceSource;
  /** Blocks between ranks for work that one keeper suffices for (D21). */
  readonly stagingBlocks: number;
  readonly extensions: readonly KeeperExtension[];
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "reshares">;
};

/**
 * A reshare: an old member deals its share, a new one takes and confirms its own, and a keeper that stays does both. PROTOCOL section 3.9.
 */
export const createReshare = (parts: Parts): SessionKind<ReshareWork, ReshareFacts, ReshareView, ReshareEffect> => {
  const { committees, operators, progress, log } = parts;
  const settings = { nonces: parts.nonces, rankStep: parts.stagingBlocks };
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
        next: (shown, own) => nextReshareSteps(shown, { ...own, ...old }, settings),
      };
    },
    perform: (effect, keep) => performReshareEffect(effect, { board: parts.board, keep }),
    noteComplaint: ({ sid, dealer, recipient }) =>
      log.warn("An old member dealt this keeper a wrong share; complaining", { sid, dealer, recipient }),
    noteEnd: ({ sid, keyId, epoch, outcome }) => {
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
