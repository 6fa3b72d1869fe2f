import { describeError, type ExtensionServices } from "@keyquorum/keeper";
import { type RowName, rowNameOf, ServerKeyFailure, type ServerKeyMember, type ServerKeyProposal } from "@keyquorum/protocol";
import type { createSessionReport } from "./sessionReport.ts";
import type { Drive } from "./undertakings.ts";

/** Between two attempts to end what this keeper is bound to. */
const ROUND_MILLISECONDS = 10_000;
/** Sessions that are ended at once in a round. */
const AT_ONCE = 8;

/** Sessions that this keeper is bound to end, and that wait for others. */
export type WaitingSessions = {
  /** Tries to end one now. Never throws: the log has why it did not end. */
  readonly end: (proposal: ServerKeyProposal) => Promise<void>;
  /** Ends what it can, and forgets what nobody waits for. */
  readonly eachRound: () => Promise<void>;
};

export const createWaitingSessions = (
  { clock, log }: Pick<ExtensionServices, "clock" | "log">,
  {
    own,
    drive,
    report,
    onMoved,
  }: {
    readonly own: ServerKeyMember;
    readonly drive: Drive;
    readonly report: ReturnType<typeof createSessionReport>;
    /** Of a move that waited for members, and that this keeper ended with them. */
    readonly onMoved: (proposal: ServerKeyProposal) => Promise<void>;
  },
): WaitingSessions => {
  /** Why sessions that wait did not end at the last try. */
  const waiting = new Map<RowName, string>();
  let lastRound = Number.NEGATIVE_INFINITY;

  const end = async (proposal: ServerKeyProposal): Promise<void> => {
    try {
      await drive(proposal, "end");
      log.info("A server key that waited for members was generated", { serverKeyId: proposal.serverKeyId });
      waiting.delete(rowNameOf(proposal));
      if (proposal.moved !== undefined) await onMoved(proposal);
    } catch (error) {
      if (error instanceof ServerKeyFailure && error.reason === "BUSY") return;
      // A session may wait for days: the log has what changes.
      const why = error instanceof ServerKeyFailure ? `${error.reason} ${error.slot}` : describeError(error).error;
      if (waiting.get(rowNameOf(proposal)) !== why) report(proposal.serverKeyId, error);
      waiting.set(rowNameOf(proposal), why);
    }
  };

  return {
    end,
    eachRound: async () => {
      const now = clock.now();
      if (now >= lastRound && now - lastRound < ROUND_MILLISECONDS) return;
      lastRound = now;
      await own.sweep();
      const bound = await own.bound();
      for (const id of waiting.keys()) if (!bound.some(({ proposal }) => rowNameOf(proposal) === id)) waiting.delete(id);
      for (let first = 0; first < bound.length; first += AT_ONCE)
        await Promise.all(bound.slice(first, first + AT_ONCE).map(({ proposal }) => end(proposal)));
    },
  };
};
