import type { Complain, Disbelieve, Done, EraseShare, Fail, KeepEffect, Ready, SaveDealing, SaveShare, Unready } from "./effects.ts";

/** Where a keeper keeps its own part. Each promise resolves when the change is durable. */
export type SessionKeep = {
  saveDealing(effect: SaveDealing): Promise<void>;
  saveShare(effect: SaveShare): Promise<void>;
  eraseShare(effect: EraseShare): Promise<void>;
  unready(effect: Unready): Promise<void>;
  disbelieve(effect: Disbelieve): Promise<void>;
  done(effect: Done): Promise<void>;
};

/** What both kinds of session make public. Each call is idempotent by the effect's id and may return before it is final. */
export type SessionBoard = {
  complain(effect: Complain): Promise<void>;
  ready(effect: Ready): Promise<void>;
  fail(effect: Fail): Promise<void>;
};

/** Hands one effect to whom it is for. */
export const performSessionEffect = async (
  effect: KeepEffect | Complain | Ready | Fail,
  { board, keep }: { readonly board: SessionBoard; readonly keep: SessionKeep },
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
    case "disbelieve":
      return keep.disbelieve(effect);
    case "done":
      return keep.done(effect);
    case "complain":
      return board.complain(effect);
    case "ready":
      return board.ready(effect);
    case "fail":
      return board.fail(effect);
    default:
      return effect satisfies never;
  }
};
