/**
 * A member's part in generating server keys: it answers any coordinator; each answer is durable before it is sent, and a repeated question gets the same answer.
 * PROTOCOL section 8.1.
 *
 * | row        | question | becomes                      | gives                                                     |
 * |------------|----------|------------------------------|-----------------------------------------------------------|
 * | none       | propose  | none (an offer, in memory)   | contribution                                              |
 * | none       | commit   | dealt                        | commitment; only where its own contribution is the offer  |
 * | dealt      | deal     | dealt, shown                 | dealing; under one set of commitments, ever               |
 * | dealt      | verdict  | accepted, or complained      | verdict, or complaint                                     |
 * | accepted   | confirm  | confirmed                    | confirmation; only where every verdict is shown           |
 * | confirmed  | result   | generated                    | stored; only where every confirmation is shown            |
 * | dealt      | propose  | none, when it rests for long | contribution                                              |
 * | unfinished | abort    | none; confirmed: see abort   |                                                           |
 * | another    | any      |                              | its word that it never confirms the session asked about; see notIn |
 *
 * Where the key is there already (`moved.ts`), others deal: "dealt" is then that it joined, there is no deal round, and its row has the epoch in its name.
 *
 * Forbidden: two dealings in one session; a dealing under two sets of commitments; two sessions of an id at the same time; giving up after a verdict, unless
 * another member signed that it never confirms the session, or a member was removed; giving up after a confirmation, unless t+1 members, or all
 * others, signed so.
 */
import { hexToBytes } from "@keyquorum/wire";
import { asHash } from "../session/confirm.ts";
import { isCommitment, isConfirmation, isContribution, isOfAll, isVerdict } from "./checks.ts";
import { ServerKeyFailure } from "./failure.ts";
import { createFirstVerdict } from "./firstVerdict.ts";
import { createGivingUp } from "./givingUp.ts";
import { createHeldSessions } from "./heldSessions.ts";
import type { MemberPorts, ServerKeyMember } from "./memberPorts.ts";
import type {
  CommitAsk,
  DealAsk,
  Otherwise,
  ResultAsk,
  ServerKeyProposal,
  ServerKeySession,
  VerdictAnswer,
  VerdictAsk,
} from "./messages.ts";
import { type RowName, rowNameOf } from "./moved.ts";
import { createOffers } from "./offers.ts";
import { commitmentOf, confirmationOf, resultOf, verdictOf } from "./ownAnswers.ts";
import { drawContribution, drawDealing } from "./ownDealing.ts";
import { type AcceptedRow, type ConfirmedRow, type DealtRow, isBound, type UnfinishedRow } from "./rows.ts";
import { type ServerKeyContext, serverKeySessionOf } from "./session.ts";
import { contributionStatement, dealingHashOf, dealingStatement, proposalStatement, setHashOf } from "./statements.ts";
import { createTurns } from "./turns.ts";
import { type Asking, hasCommitted, hasDealt, notIn, wordAgainst } from "./words.ts";

export const createServerKeyMember = async (ports: MemberPorts): Promise<ServerKeyMember> => {
  const { rows, contextOf, admit, assertCurrent, isHitByRemoval, randomOf, now } = ports;
  const offers = createOffers(now);
  const inTurn = createTurns<RowName>();
  const held = await createHeldSessions(rows, now);
  const firstVerdict = createFirstVerdict({ ...ports, held });

  const assertRoom = (proposal: ServerKeyProposal): void => {
    if (held.isFull(proposal)) throw new ServerKeyFailure("BUSY", proposal.coordinator);
  };

  /** No share goes to a removed member, so it confirms nothing that would give it one. Beside a row there is no offer. */
  const giveUpRemoved = async (row: AcceptedRow, context: ServerKeyContext): Promise<Otherwise> => {
    await held.forget(row);
    return wordAgainst(row, context);
  };

  /** Runs a question about one session, where this member is in it. */
  const inSession = <Answer>(
    ask: ServerKeySession,
    asking: Asking,
    answer: (row: UnfinishedRow, context: ServerKeyContext) => Promise<Answer | Otherwise>,
  ): Promise<Answer | Otherwise> =>
    inTurn(rowNameOf(ask.proposal), async () => {
      const row = await rows.load(rowNameOf(ask.proposal));
      const isIn = row?.sid === ask.sid;
      const context = await contextOf(isIn ? row.proposal : ask.proposal);
      if (!isIn) return notIn(offers, ask, context, asking);
      if (row.stage === "generated") return { kind: "generated", confirmations: row.confirmations };
      return answer(row, context);
    });

  return {
    ...createGivingUp({ ...ports, held, offers, inTurn }),
    isFull: held.isFull,
    propose: ({ proposal, signature }) =>
      inTurn(rowNameOf(proposal), async () => {
        const context = await contextOf(proposal);
        const { slot } = context;
        if (!context.isSignedBy(proposal.coordinator, proposalStatement(proposal), signature))
          throw new ServerKeyFailure("BAD_QUESTION", proposal.coordinator);
        const row = await rows.load(rowNameOf(proposal));
        if (row?.stage === "generated") return { kind: "generated", confirmations: [] };
        if (row !== undefined && (isBound(row) || !held.isResting(row))) return { kind: "busy" };
        await admit(proposal);
        if (row !== undefined) await held.forget(row);
        assertRoom(proposal);
        const contribution = offers.give(proposal, slot, () => drawContribution(randomOf, proposal));
        if (contribution === undefined) return { kind: "busy" };
        const statement = contributionStatement(proposal, slot, contribution);
        return { kind: "contribution", slot, contribution, signature: context.sign(statement) };
      }),

    commit: ({ proposal, contributions }: CommitAsk, from) =>
      inTurn(rowNameOf(proposal), async () => {
        const context = await contextOf(proposal);
        const { slot } = context;
        const areRight = from === proposal.coordinator && isOfAll(contributions, context);
        if (!areRight || !contributions.every((one) => isContribution(context, proposal, one)))
          throw new ServerKeyFailure("BAD_QUESTION", from);
        const sid = serverKeySessionOf(context, proposal, contributions);
        const row = await rows.load(rowNameOf(proposal));
        if (row?.sid === sid && row.stage === "dealt") return commitmentOf(row, context);
        if (row !== undefined) return row.stage === "generated" ? { kind: "generated", confirmations: [] } : { kind: "busy" };
        const own = contributions.find((one) => one.slot === slot);
        if (own === undefined || !offers.holds(proposal, own.contribution)) return { kind: "busy" };
        await assertCurrent(proposal);
        const dealt: DealtRow = { stage: "dealt", proposal, sid, dealing: await drawDealing(ports, { proposal, sid }, context) };
        await held.save(dealt);
        offers.drop(rowNameOf(proposal));
        return commitmentOf(dealt, context);
      }),

    deal: (ask: DealAsk, from) =>
      inSession(ask, { from, isUsed: (context) => hasCommitted(context, ask) }, async (row, context) => {
        const { slot } = context;
        if (row.stage !== "dealt" || row.proposal.moved !== undefined) return { kind: "busy" };
        const { commitments } = ask;
        const own = commitments.find((one) => one.slot === slot)?.commitment;
        const areRight = from === row.proposal.coordinator && isOfAll(commitments, context) && own !== undefined;
        if (!areRight || asHash(own) !== asHash(dealingHashOf(row.dealing)) || !commitments.every((one) => isCommitment(context, row, one)))
          throw new ServerKeyFailure("BAD_QUESTION", from);
        const shown = setHashOf(commitments.map(({ commitment }) => commitment));
        // A dealing that was seen must not be answered by another commitment: one set, ever.
        if (row.shown !== undefined && row.shown !== asHash(shown)) throw new ServerKeyFailure("BAD_QUESTION", from);
        await assertCurrent(row.proposal);
        if (row.shown === undefined) await held.save({ ...row, shown: asHash(shown) });
        const { dealing } = row;
        return { kind: "dealing", slot, dealing, signature: context.sign(dealingStatement(row, slot, shown, dealing)) } as const;
      }),

    verdict: (ask: VerdictAsk, from) =>
      inSession<VerdictAnswer>(ask, { from, isUsed: (context) => hasDealt(context, ask) }, async (row, context) => {
        if (row.stage === "complained") return { kind: "complaint", ...row.complaint };
        return isBound(row) ? verdictOf(row, context) : firstVerdict(row, ask, context, from);
      }),

    confirm: (ask, from) =>
      inSession(ask, { from, isUsed: () => false }, async (row, context) => {
        if (!isBound(row)) return { kind: "busy" };
        if (row.stage === "confirmed") return confirmationOf(row, context);
        const { verdicts } = ask;
        const echo = hexToBytes(row.echo, 32);
        if (!isOfAll(verdicts, context) || !verdicts.every((one) => isVerdict(context, row, echo, one)))
          throw new ServerKeyFailure("BAD_QUESTION", from);
        if (await isHitByRemoval(row.proposal)) return giveUpRemoved(row, context);
        const confirmed: ConfirmedRow = { ...row, stage: "confirmed", verdicts, aborts: [] };
        await held.save(confirmed);
        return confirmationOf(confirmed, context);
      }),

    result: ({ confirmations, ...session }: ResultAsk, from) =>
      inSession(session, { from, isUsed: () => false }, async (row, context) => {
        if (row.stage !== "confirmed") return { kind: "busy" } as const;
        if (!isOfAll(confirmations, context) || !confirmations.every((one) => isConfirmation(context, row, resultOf(row), one)))
          throw new ServerKeyFailure("BAD_QUESTION", from);
        const { proposal, sid, key } = row;
        await rows.finish({ stage: "generated", proposal, sid, key, confirmations });
        held.ended({ proposal, sid });
        return { kind: "stored" } as const;
      }),

    rowOf: rows.load,
    bound: async () => (await rows.unfinished()).filter(isBound),
  };
};
