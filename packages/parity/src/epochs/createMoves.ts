import { describeError, type ExtensionServices, type PeerAnswerer } from "@keyquorum/keeper";
import type { BoardMoves, ServerKeyBoard } from "../board/serverKeyBoard.ts";
import type { ServerKeyRecords } from "../records/serverKeyRecords.ts";
import { createMoveMember } from "./createMoveMember.ts";
import { createErasing } from "./erasing.ts";
import { moveAnswerers } from "./moveQuestions.ts";
import { createMover, type MovesSeen } from "./mover.ts";
import { createTellLeaving } from "./tellLeaving.ts";

/** Server keys of earlier epochs, of one keeper: what it answers about them, what it drives, and what it erases afterwards. */
export type Moves = {
  readonly answerers: readonly PeerAnswerer[];
  readonly eachRound: () => Promise<void>;
  readonly hurry: () => void;
  /** Whether it has looked through its keys since the start: before that, `seen` says nothing. */
  readonly hasLooked: () => boolean;
  /** `left`: shares of keys that were moved, which are not erased yet. */
  readonly seen: () => MovesSeen & { readonly left: number };
};

/**
 * The board takes part in moves by `admit`, and moves are driven by the board: it is made with the first and given to the second.
 * @param services of the keeper
 */
export const createMoves = async (
  services: ExtensionServices,
  records: ServerKeyRecords,
  createBoard: (moves: BoardMoves) => Promise<ServerKeyBoard>,
): Promise<{ readonly board: ServerKeyBoard; readonly moves: Moves }> => {
  const made: { board?: ServerKeyBoard; onOffered?: ReturnType<typeof createMover>["onOffered"] } = {};
  const boardOf = (): ServerKeyBoard => {
    if (made.board === undefined) throw new RangeError("nobody is answered before the board is made");
    return made.board;
  };
  const member = createMoveMember({
    ...{ services, records },
    rowOf: (name) => boardOf().member.rowOf(name),
    assertCurrent: (proposal) => boardOf().assertCurrent(proposal),
    onOffered: ({ serverKeyId }, evidence) => made.onOffered?.(serverKeyId, evidence),
  });
  const tellLeaving = createTellLeaving(services, (name) => boardOf().member.rowOf(name));
  const board = await createBoard({ admit: member.admit, onEnded: tellLeaving });
  made.board = board;
  const mover = createMover({ services, records, board, member, tellLeaving });
  made.onOffered = mover.onOffered;
  const erase = createErasing(services);
  let left = 0;
  let hasLooked = false;
  return {
    board,
    moves: {
      answerers: moveAnswerers(services, member),
      eachRound: async () => {
        try {
          await mover.eachRound();
          left = await erase();
          hasLooked = true;
        } catch (error) {
          // The next round looks again; nothing else of this keeper's waits for it.
          services.log.info("Keys of earlier epochs were not looked at", describeError(error));
        }
      },
      hurry: mover.hurry,
      hasLooked: () => hasLooked,
      seen: () => ({ ...mover.seen(), left }),
    },
  };
};
