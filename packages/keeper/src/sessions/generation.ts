import {
  type KeyGenerationBoard,
  type KeyGenerationEffect,
  type KeyGenerationView,
  nextKeyGenerationSteps,
  performKeyGenerationEffect,
} from "@keyquorum/protocol";
import type { NonceSource } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import type { Address } from "@keyquorum/wire";
import type { ChainReader, SessionFacts } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import { readGenerationView } from "./generationView.ts";
import type { SessionKind, SessionWork } from "./sessionLoop.ts";

type Parts = {
  readonly vault: Pick<Vault, "logs">;
  readonly reader: ChainReader;
  readonly contracts: ServedContracts;
  /** This keeper's account now, and those that it had before: epochs name the one of their time. */
  readonly operators: readonly Address[];
  readonly board: KeyGenerationBoard;
  readonly nonces: NonceSource;
  /** Blocks between ranks for work that one keeper suffices for (D21). */
  readonly stagingBlocks: number;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "sessions">;
};

/** Key generation: every member of the epoch deals and is dealt to. PROTOCOL section 3. */
export const createGeneration = (parts: Parts): SessionKind<SessionWork, SessionFacts, KeyGenerationView, KeyGenerationEffect> => {
  const { reader, operators, log } = parts;
  const settings = { nonces: parts.nonces, rankStep: parts.stagingBlocks };
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
      next: (view, own) => nextKeyGenerationSteps(view, own, settings),
    }),
    perform: (effect, keep) => performKeyGenerationEffect(effect, { board: parts.board, keep }),
    noteComplaint: ({ sid, dealer, recipient }) =>
      log.warn("A dealer dealt this keeper a wrong share; complaining", { sid, dealer, recipient }),
    noteEnd: ({ sid, keyId, outcome }) => {
      log.info("Key generation is over", { sid, keyId, outcome });
      parts.metrics.sessions.inc({ outcome });
    },
    forget: () => undefined,
  };
};
