import type { ServerKeyProposal, ServerKeySession } from "./messages.ts";
import { type RowName, rowNameOf } from "./moved.ts";
import type { ComplainedRow, ConfirmedRow, DealtRow, ServerKeyRows, UnfinishedRow } from "./rows.ts";

/** No session rests for so long while its coordinator is there. */
const SESSION_MILLISECONDS = 30_000;
/** Of one coordinator with the same members, in rows: it and one accomplice could leave sessions behind that no one else can end. */
const MOST_UNFINISHED = 64;

type Side = Pick<ServerKeyProposal, "epoch" | "members" | "coordinator">;

/** A member's unfinished sessions: their rows, who drives each with whom, and since when it rests. After a restart all begin to rest. */
export type HeldSessions = {
  readonly save: (row: DealtRow | ComplainedRow | ConfirmedRow) => Promise<void>;
  readonly forget: (session: ServerKeySession) => Promise<void>;
  /** It goes on, by a row that was written elsewhere. */
  readonly note: (session: ServerKeySession) => void;
  /** It is over, as above. */
  readonly ended: (session: ServerKeySession) => void;
  readonly isResting: (row: UnfinishedRow) => boolean;
  readonly isFull: (of: Side) => boolean;
};

export const createHeldSessions = async (
  rows: Pick<ServerKeyRows, "save" | "delete" | "unfinished">,
  now: () => number,
): Promise<HeldSessions> => {
  const resting = new Map<RowName, { readonly side: string; readonly since: number }>();
  const note = ({ proposal }: ServerKeySession): void => void resting.set(rowNameOf(proposal), { side: sideOf(proposal), since: now() });
  for (const row of await rows.unfinished()) note(row);
  return {
    save: async (row) => {
      await rows.save(row);
      note(row);
    },
    forget: async ({ proposal }) => {
      await rows.delete(rowNameOf(proposal));
      resting.delete(rowNameOf(proposal));
    },
    note,
    ended: ({ proposal }) => void resting.delete(rowNameOf(proposal)),
    isResting: ({ proposal }) => {
      const rest = now() - (resting.get(rowNameOf(proposal))?.since ?? 0);
      return rest < 0 || rest >= SESSION_MILLISECONDS;
    },
    /** Those whose members are others wait for one that was removed, or left with its epoch, and tell nothing of this coordinator. */
    isFull: (of) => {
      const side = sideOf(of);
      return [...resting.values()].filter((session) => session.side === side).length >= MOST_UNFINISHED;
    },
  };
};

/** Coordinator, epoch and members, as one name. `admit` lets in those members only that are present. */
const sideOf = ({ coordinator, epoch, members }: Side): string => `${coordinator} of ${members.join()} in ${epoch}`;
