/**
 * A member's part in generating server keys: it answers, whoever asks; each answer is durable before it is given, and the same question gets the same one.
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
 * Forbidden: two dealings in one session; a dealing under two sets of commitments; a session of an id beside another one; giving up after a verdict but
 * on another member's word or a removal; after a confirmation but on t+1 of such words, or on those of all others.
 */
import {
  createServerKeyDealing,
  createServerKeyDealingOf,
  type HedgedRandom,
  keccakWords,
  type NonceUse,
  type SecretScalar,
} from "@keyquorum/threshold";
import { hexToBytes, type SessionId, ZERO_HASH } from "@keyquorum/wire";
import { asHash } from "../session/confirm.ts";
import { dealingStatementOf } from "../session/dealingStatement.ts";
import {
  echoOf,
  isAbort,
  isCommitment,
  isConfirmation,
  isContribution,
  isOfAll,
  isOfDealers,
  isVerdict,
  readShownDealing,
} from "./checks.ts";
import { ServerKeyFailure } from "./failure.ts";
import { judgeDealings, type MemberSecrets } from "./judge.ts";
import type {
  AbortAsk,
  CommitAsk,
  DealAsk,
  Otherwise,
  ResultAsk,
  ServerKeyAnswers,
  ServerKeyProposal,
  ServerKeySession,
  VerdictAnswer,
  VerdictAsk,
} from "./messages.ts";
import { type RowName, rowNameOf } from "./moved.ts";
import { createOffers } from "./offers.ts";
import {
  type AcceptedRow,
  type ComplainedRow,
  type ConfirmedRow,
  type DealtRow,
  isBound,
  type ServerKeyRow,
  type ServerKeyRows,
  type UnfinishedRow,
} from "./rows.ts";
import { type ServerKeyContext, serverKeySessionOf } from "./session.ts";
import {
  abortStatement,
  commitmentStatement,
  complaintStatement,
  confirmationStatement,
  contributionStatement,
  dealingHashOf,
  dealingStatement,
  proposalStatement,
  SERVER_KEY_KINDS,
  setHashOf,
  verdictStatement,
} from "./statements.ts";
import { createTurns } from "./turns.ts";

/** Stands for a proposal that never became a session: no session has this name. */
const NO_SESSION = ZERO_HASH as SessionId; // safe: keccak gives no such name

export type MemberPorts = {
  readonly rows: ServerKeyRows;
  readonly secrets: MemberSecrets;
  /** Throws where this keeper is no member of that epoch, or cannot know. */
  readonly contextOf: (proposal: ServerKeyProposal) => Promise<ServerKeyContext>;
  /** Whether this keeper takes part: its own rules, the author's signature, and what `assertCurrent` asks. Throws its refusal. */
  readonly admit: (proposal: ServerKeyProposal) => Promise<void>;
  /** Asked before a session begins, and before a dealing leaves: throws unless the epoch is the newest and none of its listed members is removed (D56). */
  readonly assertCurrent: (proposal: ServerKeyProposal) => Promise<void>;
  /** Asked before a verdict and a confirmation: whether a listed member is removed. The session is given up then; that another epoch opened ends none. */
  readonly isHitByRemoval: (proposal: ServerKeyProposal) => Promise<boolean>;
  /** This member's part of an imported key, which its dealing deals: the caller erases it. Throws where it does not hold the old shares' dealings. */
  readonly importedPart?: (proposal: ServerKeyProposal) => Promise<SecretScalar>;
  readonly randomOf: (use: Omit<NonceUse, "purpose">) => HedgedRandom;
  /** Milliseconds. */
  readonly now: () => number;
};

export type ServerKeyMember = ServerKeyAnswers & {
  readonly rowOf: (name: RowName) => Promise<ServerKeyRow | undefined>;
  /** Forgets sessions that rest and bind nobody, and what it accepted only where one of the members is removed: it never confirms that. */
  readonly sweep: () => Promise<void>;
  /** Sessions that this member must end with others. */
  readonly bound: () => Promise<readonly (AcceptedRow | ConfirmedRow)[]>;
  /**
   * Gives a session up before a verdict. What it returns tells the others; undefined: it is bound already.
   * @param contribution this member's, in that session
   */
  readonly giveUp: (session: ServerKeySession, contribution: Uint8Array) => Promise<AbortAsk | undefined>;
  /** Takes back an offer of its own as coordinator. What it returns tells the others. */
  readonly withdraw: (proposal: ServerKeyProposal) => Promise<AbortAsk>;
  /** Gives up what it accepted and has not confirmed: another member said that it never accepts. */
  readonly giveUpAccepted: (session: ServerKeySession) => Promise<void>;
  /** Whether it takes no further session of this coordinator among these members until some have ended. */
  readonly isFull: (of: Pick<ServerKeyProposal, "epoch" | "members" | "coordinator">) => boolean;
};

/** Who asks about a session, and whether the question shows that this member's contribution to it is used up. */
type Asking = { readonly from: number; readonly isUsed: (context: ServerKeyContext) => boolean };

/** No session rests for so long while its coordinator is there. */
const SESSION_MILLISECONDS = 30_000;
/** Of one coordinator with the same members, in rows: it and one accomplice could leave sessions behind that no one else can end. */
const MOST_UNFINISHED = 64;

export const createServerKeyMember = async (ports: MemberPorts): Promise<ServerKeyMember> => {
  const { rows, secrets, contextOf, admit, assertCurrent, isHitByRemoval, importedPart, randomOf, now } = ports;
  const offers = createOffers(now);
  const inTurn = createTurns<RowName>();
  /** Of every unfinished row: who drives it with whom, and since when it rests. */
  const resting = new Map<RowName, { readonly side: string; readonly since: number }>();
  const note = ({ proposal }: ServerKeySession): void => void resting.set(rowNameOf(proposal), { side: sideOf(proposal), since: now() });
  for (const row of await rows.unfinished()) note(row);

  const save = async (row: DealtRow | ComplainedRow | ConfirmedRow): Promise<void> => {
    await rows.save(row);
    note(row);
  };
  const forget = async ({ proposal }: ServerKeySession): Promise<void> => {
    await rows.delete(rowNameOf(proposal));
    resting.delete(rowNameOf(proposal));
  };
  const isResting = ({ proposal }: UnfinishedRow): boolean => {
    const rest = now() - (resting.get(rowNameOf(proposal))?.since ?? 0);
    return rest < 0 || rest >= SESSION_MILLISECONDS;
  };
  const sweep = async (): Promise<void> => {
    for (const row of await rows.unfinished())
      await inTurn(rowNameOf(row.proposal), async () => {
        const now = await rows.load(rowNameOf(row.proposal));
        if (now?.sid !== row.sid || now.stage === "generated" || now.stage === "confirmed") return;
        if (isResting(now) && (!isBound(now) || (await isHitByRemoval(now.proposal)))) await forget(now);
      });
  };
  /** Those whose members are others wait for one that was removed, or left with its epoch, and tell nothing of this coordinator. */
  const isFull = (proposal: Pick<ServerKeyProposal, "epoch" | "members" | "coordinator">): boolean => {
    const side = sideOf(proposal);
    return [...resting.values()].filter((session) => session.side === side).length >= MOST_UNFINISHED;
  };
  const assertRoom = (proposal: ServerKeyProposal): void => {
    if (isFull(proposal)) throw new ServerKeyFailure("BUSY", proposal.coordinator);
  };

  const wordAgainst = (session: ServerKeySession, context: ServerKeyContext): Otherwise => {
    const { slot, signature } = abortOf(session, context);
    return { kind: "aborted", slot, signature };
  };

  /**
   * Its word about a session that it is not in. An offer may be what makes that session, so the offer goes first. Whose proposal it is to may do that to
   * itself; to another one who asks, no word is given while the offer holds, but where this member's contribution to that session is used up already.
   */
  const notIn = (session: ServerKeySession, context: ServerKeyContext, { from, isUsed }: Asking): Otherwise => {
    const coordinator = offers.coordinatorOf(rowNameOf(session.proposal));
    if (coordinator !== undefined && coordinator !== from) return isUsed(context) ? wordAgainst(session, context) : { kind: "busy" };
    offers.drop(rowNameOf(session.proposal));
    return wordAgainst(session, context);
  };

  /** No share goes to a removed member, so it accepts and confirms nothing that would give it one. Beside a row there is no offer. */
  const giveUpRemoved = async (row: DealtRow | AcceptedRow, context: ServerKeyContext): Promise<Otherwise> => {
    await forget(row);
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
      if (!isIn) return notIn(ask, context, asking);
      if (row.stage === "generated") return { kind: "generated", confirmations: row.confirmations };
      return answer(row, context);
    });

  /** Its own dealing: of what it draws, or of its part of an imported key. Empty where others deal. */
  const dealFor = async ({ proposal, sid }: ServerKeySession, { slot, members }: ServerKeyContext): Promise<Uint8Array> => {
    const { threshold, imported, moved } = proposal;
    if (moved !== undefined) return new Uint8Array();
    const session = hexToBytes(sid, 32);
    const random = randomOf({ session, statement: dealingStatementOf({ dealer: slot, threshold, recipients: members }) });
    const input = { sid: session, dealer: slot, threshold, members };
    if (imported === undefined) return createServerKeyDealing(input, random);
    if (importedPart === undefined) throw new ServerKeyFailure("REFUSED", slot);
    const constant = await importedPart(proposal);
    try {
      return createServerKeyDealingOf({ ...input, constant }, random);
    } finally {
      constant.erase();
    }
  };

  const commitmentOf = (row: DealtRow, context: ServerKeyContext) => {
    const { slot } = context;
    const commitment = dealingHashOf(row.dealing);
    return { kind: "commitment", slot, commitment, signature: context.sign(commitmentStatement(row, slot, commitment)) } as const;
  };

  const verdictOf = (row: AcceptedRow | ConfirmedRow, context: ServerKeyContext) => {
    const { slot } = context;
    const signature = context.sign(verdictStatement(row, slot, hexToBytes(row.echo, 32)));
    return { kind: "verdict", slot, signature, ...(row.proposal.moved === undefined ? {} : { echo: row.echo }) } as const;
  };

  const confirmationOf = (row: ConfirmedRow, context: ServerKeyContext) => {
    const { slot } = context;
    return { kind: "confirmation", slot, signature: context.sign(confirmationStatement(row, slot, resultOf(row))) } as const;
  };

  const firstVerdict = async (row: DealtRow, { dealings }: VerdictAsk, context: ServerKeyContext, from: number): Promise<VerdictAnswer> => {
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
    if (await isHitByRemoval(proposal)) return giveUpRemoved(row, context);
    const judgement = await judgeDealings(secrets, context, row, dealt);
    if (judgement.kind === "right") {
      const accepted: AcceptedRow = { stage: "accepted", proposal, sid, echo: shown, dealings, key: judgement.key };
      try {
        await rows.accept(accepted, judgement.share);
      } finally {
        judgement.share.erase();
      }
      note(accepted);
      return verdictOf(accepted, context);
    }
    const { shared, proof } = judgement.complaint;
    const about = { slot: context.slot, dealer: judgement.dealer, shared, proof };
    const complaint = { ...about, signature: context.sign(complaintStatement(row, about, echo)) };
    await save({ stage: "complained", proposal, sid, echo: shown, complaint });
    return { kind: "complaint", ...complaint };
  };

  return {
    isFull,
    propose: ({ proposal, signature }) =>
      inTurn(rowNameOf(proposal), async () => {
        const context = await contextOf(proposal);
        const { slot } = context;
        if (!context.isSignedBy(proposal.coordinator, proposalStatement(proposal), signature))
          throw new ServerKeyFailure("BAD_QUESTION", proposal.coordinator);
        const row = await rows.load(rowNameOf(proposal));
        if (row?.stage === "generated") return { kind: "generated", confirmations: [] };
        if (row !== undefined && (isBound(row) || !isResting(row))) return { kind: "busy" };
        await admit(proposal);
        if (row !== undefined) await forget(row);
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
        const dealt: DealtRow = { stage: "dealt", proposal, sid, dealing: await dealFor({ proposal, sid }, context) };
        await save(dealt);
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
        if (row.shown === undefined) await save({ ...row, shown: asHash(shown) });
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
        await save(confirmed);
        return confirmationOf(confirmed, context);
      }),

    result: ({ confirmations, ...session }: ResultAsk, from) =>
      inSession(session, { from, isUsed: () => false }, async (row, context) => {
        if (row.stage !== "confirmed") return { kind: "busy" } as const;
        if (!isOfAll(confirmations, context) || !confirmations.every((one) => isConfirmation(context, row, resultOf(row), one)))
          throw new ServerKeyFailure("BAD_QUESTION", from);
        const { proposal, sid, key } = row;
        await rows.finish({ stage: "generated", proposal, sid, key, confirmations });
        resting.delete(rowNameOf(proposal));
        return { kind: "stored" } as const;
      }),

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
          return isOfCoordinator || (row.stage === "accepted" && from === context.slot) ? forget(row) : undefined;
        const aborts = [...row.aborts.filter((one) => one.slot !== slot), { slot, signature }];
        await (aborts.length >= wordsAgainst(row.proposal) ? forget(row) : save({ ...row, aborts }));
      }),

    rowOf: rows.load,
    sweep,
    bound: async () => (await rows.unfinished()).filter(isBound),
    giveUp: (session, contribution) =>
      inTurn(rowNameOf(session.proposal), async () => {
        const row = await rows.load(rowNameOf(session.proposal));
        if (row?.sid === session.sid && (isBound(row) || row.stage === "generated")) return undefined;
        if (row?.sid === session.sid) await forget(row);
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
        if (row?.sid === session.sid && row.stage === "accepted") await forget(row);
      }),
  };
};

/**
 * Of t+1 members, of two at least, one is honest and never confirms: the key cannot exist. Of all others as well: where none of them is honest, nobody
 * honest but this member could hold it.
 */
const wordsAgainst = ({ threshold, members }: ServerKeyProposal): number => Math.min(Math.max(threshold, 1) + 1, members.length - 1);

/** Coordinator, epoch and members, as one name. `admit` lets in those members only that are present. */
const sideOf = ({ coordinator, epoch, members }: Pick<ServerKeyProposal, "epoch" | "members" | "coordinator">): string =>
  `${coordinator} of ${members.join()} in ${epoch}`;

/** Whether this member's own signature in the question says that it dealt in the session. */
const hasCommitted = (context: ServerKeyContext, ask: DealAsk): boolean =>
  ask.commitments.some((one) => one.slot === context.slot && isCommitment(context, ask, one));
const hasDealt = (context: ServerKeyContext, ask: VerdictAsk): boolean => {
  const own = ask.dealings.find(({ slot }) => slot === context.slot);
  return (
    own !== undefined && context.isSignedBy(own.slot, dealingStatement(ask, own.slot, echoOf(ask.dealings), own.dealing), own.signature)
  );
};

/** It never confirms this session: its row is of none such, and its contribution to it is used up. */
const abortOf = ({ proposal, sid }: ServerKeySession, { slot, sign }: ServerKeyContext): AbortAsk => ({
  proposal,
  sid,
  slot,
  signature: sign(abortStatement({ proposal, sid }, slot)),
});

const drawContribution = (randomOf: MemberPorts["randomOf"], proposal: ServerKeyProposal): Uint8Array =>
  randomOf({ session: hexToBytes(proposal.serverKeyId, 32), statement: keccakWords(SERVER_KEY_KINDS.contribution) })(32);

/** What members agree on. The row has computed it from the dealings. */
export const resultOf = ({ key }: { readonly key: AcceptedRow["key"] }) => {
  const [publicKey] = key.commitments;
  if (publicKey === undefined) throw new RangeError("a key has t+1 commitments");
  return { publicKey, commitmentsHash: hexToBytes(key.commitmentsHash, 32), verifyingRoot: hexToBytes(key.verifyingRoot, 32) };
};
