/** A member's word that it never confirms a session: when it is given, and what it counts. PROTOCOL section 8.1. */
import { type SessionId, ZERO_HASH } from "@keyquorum/wire";
import { echoOf, isCommitment } from "./checks.ts";
import type { AbortAsk, DealAsk, Otherwise, ServerKeyProposal, ServerKeySession, VerdictAsk } from "./messages.ts";
import { rowNameOf } from "./moved.ts";
import type { Offers } from "./offers.ts";
import type { ServerKeyContext } from "./session.ts";
import { abortStatement, dealingStatement } from "./statements.ts";

/** Stands for a proposal that never became a session: no session has this name. */
export const NO_SESSION = ZERO_HASH as SessionId; // safe: keccak gives no such name

/** Who asks about a session, and whether the question shows that this member's contribution to it is used up. */
export type Asking = { readonly from: number; readonly isUsed: (context: ServerKeyContext) => boolean };

/** It never confirms this session: its row is of none such, and its contribution to it is used up. */
export const abortOf = ({ proposal, sid }: ServerKeySession, { slot, sign }: ServerKeyContext): AbortAsk => ({
  proposal,
  sid,
  slot,
  signature: sign(abortStatement({ proposal, sid }, slot)),
});

export const wordAgainst = (session: ServerKeySession, context: ServerKeyContext): Otherwise => {
  const { slot, signature } = abortOf(session, context);
  return { kind: "aborted", slot, signature };
};

/**
 * Its word about a session that it is not in. An offer may be what makes that session, so the offer goes first. Whose proposal it is to may do that to
 * itself; to another one who asks, no word is given while the offer holds, but where this member's contribution to that session is used up already.
 */
export const notIn = (
  offers: Pick<Offers, "coordinatorOf" | "drop">,
  session: ServerKeySession,
  context: ServerKeyContext,
  { from, isUsed }: Asking,
): Otherwise => {
  const coordinator = offers.coordinatorOf(rowNameOf(session.proposal));
  if (coordinator !== undefined && coordinator !== from) return isUsed(context) ? wordAgainst(session, context) : { kind: "busy" };
  offers.drop(rowNameOf(session.proposal));
  return wordAgainst(session, context);
};

/**
 * So many words free who has confirmed. Of t+1 members, of two at least, one is honest and never confirms: the key cannot exist. Of all others as well: where none of them is honest, nobody
 * honest but this member could hold it.
 */
export const wordsAgainst = ({ threshold, members }: ServerKeyProposal): number => Math.min(Math.max(threshold, 1) + 1, members.length - 1);

/** Whether this member's own signature in the question says that it dealt in the session. */
export const hasCommitted = (context: ServerKeyContext, ask: DealAsk): boolean =>
  ask.commitments.some((one) => one.slot === context.slot && isCommitment(context, ask, one));
export const hasDealt = (context: ServerKeyContext, ask: VerdictAsk): boolean => {
  const own = ask.dealings.find(({ slot }) => slot === context.slot);
  return (
    own !== undefined && context.isSignedBy(own.slot, dealingStatement(ask, own.slot, echoOf(ask.dealings), own.dealing), own.signature)
  );
};
