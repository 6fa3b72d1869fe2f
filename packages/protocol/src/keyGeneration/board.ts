import type { SessionId } from "@keyquorum/wire";
import type {
  Complain,
  Deal,
  Done,
  EraseShare,
  Fail,
  Finalize,
  KeyGenerationEffect,
  Ready,
  SaveDealing,
  SaveShare,
  Unready,
} from "./effects.ts";
import type { KeyGenerationStatus } from "./view.ts";

/** Where a session is public: the contract, or a peer board. Each call is idempotent by the effect's id and may return before it is final. */
export type KeyGenerationBoard = {
  deal(effect: Deal): Promise<void>;
  complain(effect: Complain): Promise<void>;
  finalize(effect: Finalize): Promise<void>;
  ready(effect: Ready): Promise<void>;
  fail(effect: Fail): Promise<void>;
};

/** What moves a session on in time: the status by the contract at a pinned block. Keepers never compare block heights (D14). */
export type KeyGenerationPhaser = { statusOf(sid: SessionId): Promise<KeyGenerationStatus> };

/** Where a keeper keeps its own part. Each promise resolves when the change is durable. */
export type KeyGenerationKeep = {
  saveDealing(effect: SaveDealing): Promise<void>;
  saveShare(effect: SaveShare): Promise<void>;
  eraseShare(effect: EraseShare): Promise<void>;
  unready(effect: Unready): Promise<void>;
  done(effect: Done): Promise<void>;
};

/** Hands one effect to whom it is for. */
export const performKeyGenerationEffect = async (
  effect: KeyGenerationEffect,
  { board, keep }: { readonly board: KeyGenerationBoard; readonly keep: KeyGenerationKeep },
): Promise<void> => {
  switch (effect.kind) {
    case "saveDealing":
      return keep.saveDealing(effect);
    case "saveShare":
      return keep.saveShare(effect);
    case "eraseShare":
      return keep.eraseShare(effect);
    case "unready":
      return keep.unready(effect);
    case "done":
      return keep.done(effect);
    case "deal":
      return board.deal(effect);
    case "complain":
      return board.complain(effect);
    case "finalize":
      return board.finalize(effect);
    case "ready":
      return board.ready(effect);
    case "fail":
      return board.fail(effect);
    default:
      return effect satisfies never;
  }
};
