import { isAbort } from "./checks.ts";
import type { HeldSessions } from "./heldSessions.ts";
import type { MemberPorts, ServerKeyMember } from "./memberPorts.ts";
import { type RowName, rowNameOf } from "./moved.ts";
import type { Offers } from "./offers.ts";
import { isBound } from "./rows.ts";
import type { createTurns } from "./turns.ts";
import { abortOf, NO_SESSION, wordsAgainst } from "./words.ts";

type Options = Pick<MemberPorts, "rows" | "contextOf" | "isHitByRemoval"> & {
  readonly held: HeldSessions;
  readonly offers: Offers;
  readonly inTurn: ReturnType<typeof createTurns<RowName>>;
};

type GivingUp = Pick<ServerKeyMember, "abort" | "sweep" | "giveUp" | "withdraw" | "giveUpAccepted">;

/** How a member's session ends without a key: by others' words, by its own, and by time where it binds nobody. PROTOCOL section 8.1. */
export const createGivingUp = ({ rows, contextOf, isHitByRemoval, held, offers, inTurn }: Options): GivingUp => {
  return {
    abort: ({ slot, signature, ...session }, from) =>
      inTurn(rowNameOf(session.proposal), async () => {
        const row = await rows.load(rowNameOf(session.proposal));
        const isIn = row?.sid === session.sid;
        const context = await contextOf(isIn ? row.proposal : session.proposal);
        if (slot === context.slot || !isAbort(context, session, { slot, signature })) return;
        const isOfCoordinator = slot === (isIn ? row : session).proposal.coordinator;
        // A word about no session names no proposal: what says which one it is about is the question, by whoever asks.
        if (!isIn && isOfCoordinator && from === slot) offers.withdraw(session.proposal);
        if (!isIn || row.stage === "generated") return;
        // Nobody's word but the coordinator's, or one that this member asked for, takes it out of a session that others drive.
        if (row.stage !== "confirmed")
          return isOfCoordinator || (row.stage === "accepted" && from === context.slot) ? held.forget(row) : undefined;
        const aborts = [...row.aborts.filter((one) => one.slot !== slot), { slot, signature }];
        await (aborts.length >= wordsAgainst(row.proposal) ? held.forget(row) : held.save({ ...row, aborts }));
      }),

    sweep: async () => {
      for (const row of await rows.unfinished())
        await inTurn(rowNameOf(row.proposal), async () => {
          const now = await rows.load(rowNameOf(row.proposal));
          if (now?.sid !== row.sid || now.stage === "generated" || now.stage === "confirmed") return;
          if (held.isResting(now) && (!isBound(now) || (await isHitByRemoval(now.proposal)))) await held.forget(now);
        });
    },

    giveUp: (session, contribution) =>
      inTurn(rowNameOf(session.proposal), async () => {
        const row = await rows.load(rowNameOf(session.proposal));
        if (row?.sid === session.sid && (isBound(row) || row.stage === "generated")) return undefined;
        if (row?.sid === session.sid) await held.forget(row);
        offers.use(rowNameOf(session.proposal), contribution);
        return abortOf(session, await contextOf(session.proposal));
      }),
    withdraw: async (proposal) => {
      offers.withdraw(proposal);
      return abortOf({ proposal, sid: NO_SESSION }, await contextOf(proposal));
    },
    giveUpAccepted: (session) =>
      inTurn(rowNameOf(session.proposal), async () => {
        const row = await rows.load(rowNameOf(session.proposal));
        if (row?.sid === session.sid && row.stage === "accepted") await held.forget(row);
      }),
  };
};
