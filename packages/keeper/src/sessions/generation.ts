import { type KeyGenerationBoard, type KeyGenerationEffect, type KeyGenerationView, performKeyGenerationEffect } from "@keyquorum/protocol";
import type { SessionFacts } from "../contracts/chainReader.ts";
import type { Core } from "../run/core.ts";
import { readGenerationView } from "./generationView.ts";
import { findFailure } from "./sessionEvents.ts";
import type { SessionKind, SessionWork } from "./sessionLoop.ts";
import { effectsOf } from "./sessionTask.ts";

type Parts = Pick<Core, "vault" | "reader" | "contracts" | "operators" | "bulk" | "log" | "metrics"> & {
  readonly board: KeyGenerationBoard;
  /** Blocks between ranks for work that one keeper suffices for (D21). */
  readonly stagingBlocks: number;
};

/** Key generation: every member of the epoch deals and is dealt to. PROTOCOL section 3. */
export const createGeneration = (parts: Parts): SessionKind<SessionWork, SessionFacts, KeyGenerationView, KeyGenerationEffect> => {
  const { reader, operators, log } = parts;
  const rankStep = parts.stagingBlocks;
  return {
    read: (at, sid) => at.sessionOf(sid),
    partIn: async ({ epoch }, { head }) => {
      const members = await reader.at(head.hash).committeeOf(epoch);
      const own = members.find(({ operator }) => operators.includes(operator));
      return own && { slot: own.slot, members };
    },
    isPast: async () => false,
    look: async (seen) => ({
      view: await readGenerationView(parts, seen),
      next: (view, own) => effectsOf(parts.bulk.run("generation", { view, own, rankStep }), own.verdicts),
    }),
    perform: (effect, keep) => performKeyGenerationEffect(effect, { board: parts.board, keep }),
    noteComplaint: ({ sid, dealer, recipient }) =>
      log.warn("A dealer dealt this keeper a wrong share; complaining", { sid, dealer, recipient }),
    noteEnd: async ({ sid, keyId, outcome }) => {
      if (outcome === "failed") log.warn("Key generation failed", { sid, keyId, ...(await findFailure(parts, "keyGeneration", sid)) });
      log.info("Key generation is over", { sid, keyId, outcome });
      parts.metrics.sessions.inc({ outcome });
    },
    forget: () => undefined,
  };
};
