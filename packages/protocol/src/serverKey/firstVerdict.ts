import { asHash } from "../session/confirm.ts";
import { echoOf, isOfDealers, readShownDealing } from "./checks.ts";
import { ServerKeyFailure } from "./failure.ts";
import type { HeldSessions } from "./heldSessions.ts";
import { judgeDealings } from "./judge.ts";
import type { MemberPorts } from "./memberPorts.ts";
import type { VerdictAnswer, VerdictAsk } from "./messages.ts";
import { verdictOf } from "./ownAnswers.ts";
import type { AcceptedRow, DealtRow } from "./rows.ts";
import type { ServerKeyContext } from "./session.ts";
import { complaintStatement } from "./statements.ts";
import { wordAgainst } from "./words.ts";

type Options = Pick<MemberPorts, "rows" | "secrets" | "isHitByRemoval"> & { readonly held: HeldSessions };

/**
 * A member judges the dealings of all, once: from here on it has accepted, or complained. Throws ServerKeyFailure BAD_QUESTION, with who asks, for a set
 * that no honest member shows.
 */
export const createFirstVerdict =
  ({ rows, secrets, isHitByRemoval, held }: Options) =>
  async (row: DealtRow, { dealings }: VerdictAsk, context: ServerKeyContext, from: number): Promise<VerdictAnswer> => {
    const { threshold, moved } = row.proposal;
    const echo = isOfDealers(dealings, row.proposal, context) ? echoOf(dealings) : undefined;
    // Its own dealing was shown under one set of commitments. Where others deal, nothing binds who drives to one set, so nobody else's set is judged: who
    // drives shows one, or spoils its own session.
    if (moved !== undefined && from !== row.proposal.coordinator) return { kind: "busy" };
    if (echo === undefined || (moved === undefined && row.shown !== asHash(echo))) throw new ServerKeyFailure("BAD_QUESTION", from);
    const shown = asHash(echo);
    const dealt = dealings.flatMap((shown) => {
      const dealing = readShownDealing(context, { session: row, threshold, shown: echo }, shown);
      return dealing === undefined ? [] : [{ dealer: shown.slot, dealing }];
    });
    if (dealt.length < dealings.length) throw new ServerKeyFailure("BAD_QUESTION", from);
    const { proposal, sid } = row;
    if (await isHitByRemoval(proposal)) {
      // No share goes to a removed member. Beside a row there is no offer.
      await held.forget(row);
      return wordAgainst(row, context);
    }
    const judgement = await judgeDealings(secrets, context, row, dealt);
    if (judgement.kind === "right") {
      const accepted: AcceptedRow = { stage: "accepted", proposal, sid, echo: shown, dealings, key: judgement.key };
      try {
        await rows.accept(accepted, judgement.share);
      } finally {
        judgement.share.erase();
      }
      held.note(accepted);
      return verdictOf(accepted, context);
    }
    const { shared, proof } = judgement.complaint;
    const about = { slot: context.slot, dealer: judgement.dealer, shared, proof };
    const complaint = { ...about, signature: context.sign(complaintStatement(row, about, echo)) };
    await held.save({ stage: "complained", proposal, sid, echo: shown, complaint });
    return { kind: "complaint", ...complaint };
  };
