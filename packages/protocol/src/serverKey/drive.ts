/**
 * The coordinator's part: it asks every member, checks each answer before it shows it to others, and decides only whom to ask and when. A member that is
 * bound to a session ends it in the same way. PROTOCOL section 8.1.
 *
 * | round   | asked              | one that fails                                                            |
 * |---------|--------------------|---------------------------------------------------------------------------|
 * | propose | itself, then all   | the session never began: nothing durable anywhere                         |
 * | commit  | all                | given up: the coordinator's signed word frees the others                  |
 * | deal    | all                | the same; if the key already exists, its holders are asked              |
 * | verdict | the others, itself | the same: its own verdict is last, so that it can still give up           |
 * | confirm | all                | waits: every member is bound, and ends it when the others are back        |
 * | result  | itself, then all   | the key exists; who has not heard asks                                    |
 */
import type { Dealing, Point } from "@keyquorum/threshold";
import { bytesToHex } from "@keyquorum/wire";
import { type DriverPorts, expectKind, roundOf } from "./ask.ts";
import { echoOf, isCommitment, isContribution, isOfDealers, isVerdict, readShownDealing } from "./checks.ts";
import { judgeComplaint } from "./complaints.ts";
import { endSession } from "./end.ts";
import { ServerKeyFailure } from "./failure.ts";
import type {
  AbortAsk,
  Commitment,
  Contribution,
  ServerKeyProposal,
  ServerKeySession,
  ShownDealing,
  Signed,
  VerdictAnswer,
} from "./messages.ts";
import { rowNameOf } from "./moved.ts";
import { askAll, failureOf } from "./round.ts";
import { type ServerKeyContext, serverKeySessionOf } from "./session.ts";
import { dealingHashOf, proposalStatement, setHashOf } from "./statements.ts";

/**
 * Generates a server key. Resolves when every member has confirmed it and this keeper has stored that. Throws ServerKeyFailure, which names who is
 * absent or guilty; where it was thrown after the verdicts, the session waits, and `endSession` ends it.
 * @param proposal with this keeper as coordinator
 * @param dealtBy where the key is there already: gets the dealings of the proposal's dealers, in their order. Throws ServerKeyFailure
 */
export const generateServerKey = async (
  ports: DriverPorts,
  context: ServerKeyContext,
  proposal: ServerKeyProposal,
  dealtBy?: (session: ServerKeySession, contributions: readonly Contribution[]) => Promise<readonly ShownDealing[]>,
): Promise<Point> => {
  const contributions = await propose(ports, context, proposal).catch(async (error: unknown) => {
    await tell(ports, context, ports.own.withdraw(proposal));
    throw error;
  });
  const session = { proposal, sid: serverKeySessionOf(context, proposal, contributions) };
  try {
    const commitments = await commit(ports, context, session, contributions);
    const given = proposal.moved === undefined ? undefined : await dealtBy?.(session, contributions);
    const dealings =
      proposal.moved === undefined ? await deal(ports, context, session, commitments) : readGiven(context, session, given ?? []);
    await judge(ports, context, session, dealings);
  } catch (error) {
    const own = contributions.find(({ slot }) => slot === context.slot)?.contribution ?? new Uint8Array();
    await tell(ports, context, ports.own.giveUp(session, own));
    throw error;
  }
  return endSession(ports, context, rowNameOf(proposal));
};

const propose = async (ports: DriverPorts, context: ServerKeyContext, proposal: ServerKeyProposal): Promise<readonly Contribution[]> => {
  const { slots, others, member } = roundOf(ports, context);
  const ask = { proposal, signature: context.sign(proposalStatement(proposal)) };
  const one = (slot: number) =>
    expectKind(slot, "contribution", member(slot).propose(ask), (answer) => isContribution(context, proposal, answer));
  const [own] = await askAll([context.slot], one);
  const given = [...(own === undefined ? [] : [own]), ...(await askAll(others, one))];
  return bySlot(slots, given);
};

const commit = async (
  ports: DriverPorts,
  context: ServerKeyContext,
  session: ServerKeySession,
  contributions: readonly Contribution[],
): Promise<readonly Commitment[]> => {
  const { slots, member } = roundOf(ports, context);
  const ask = { proposal: session.proposal, contributions };
  return askAll(slots, (slot) =>
    expectKind(slot, "commitment", member(slot).commit(ask, context.slot), (answer) => isCommitment(context, session, answer)),
  );
};

type Shown = { readonly shown: readonly ShownDealing[]; readonly read: ReadonlyMap<number, Dealing>; readonly echo: Uint8Array };

const deal = async (
  ports: DriverPorts,
  context: ServerKeyContext,
  session: ServerKeySession,
  commitments: readonly Commitment[],
): Promise<Shown> => {
  const { slots, member } = roundOf(ports, context);
  const echo = setHashOf(commitments.map(({ commitment }) => commitment));
  const read = new Map<number, Dealing>();
  const isRight = (answer: ShownDealing): boolean => {
    const commitment = commitments.find(({ slot }) => slot === answer.slot)?.commitment ?? new Uint8Array();
    if (bytesToHex(dealingHashOf(answer.dealing)) !== bytesToHex(commitment)) return false;
    const { threshold } = session.proposal;
    const dealing = readShownDealing(context, { session, threshold, shown: echo }, answer);
    if (dealing !== undefined) read.set(answer.slot, dealing);
    return dealing !== undefined;
  };
  const ask = { ...session, commitments };
  const shown = await askAll(slots, (slot) => expectKind(slot, "dealing", member(slot).deal(ask, context.slot), isRight));
  return { shown, read, echo };
};

/** Checks what dealers outside of the session gave. Throws ServerKeyFailure BAD_ANSWER, with the dealer for its slot. */
const readGiven = (context: ServerKeyContext, session: ServerKeySession, shown: readonly ShownDealing[]): Shown => {
  if (!isOfDealers(shown, session.proposal, context)) throw new ServerKeyFailure("BAD_ANSWER");
  const echo = echoOf(shown);
  const read = new Map<number, Dealing>();
  for (const one of shown) {
    const dealing = readShownDealing(context, { session, threshold: session.proposal.threshold, shown: echo }, one);
    if (dealing === undefined) throw new ServerKeyFailure("BAD_ANSWER", one.slot);
    read.set(one.slot, dealing);
  }
  return { shown, read, echo };
};

/** The others first: with its own verdict this keeper is bound. */
const judge = async (ports: DriverPorts, context: ServerKeyContext, session: ServerKeySession, dealings: Shown): Promise<void> => {
  const { others, member } = roundOf(ports, context);
  const ask = { ...session, dealings: dealings.shown };
  const one = async (slot: number): Promise<Signed> => {
    const answer = await member(slot)
      .verdict(ask, context.slot)
      .catch((cause: unknown) => {
        throw failureOf(slot, cause);
      });
    if (answer.kind === "complaint" && answer.slot === slot)
      throw judgeComplaint(context, session, { dealingOf: (dealer) => dealings.read.get(dealer), echo: dealings.echo }, answer);
    return expectKind<VerdictAnswer, "verdict">(slot, "verdict", Promise.resolve(answer), (given) =>
      isVerdict(context, session, dealings.echo, given),
    );
  };
  await askAll(others, one);
  await askAll([context.slot], one);
};

/** Frees the others; none need hear it: who does not, asks before it counts on the session. */
const tell = async ({ peer }: DriverPorts, context: ServerKeyContext, word: Promise<AbortAsk | undefined>): Promise<void> => {
  const ask = await word.catch(() => undefined); // then the session rests, and time frees it
  const others = context.members.filter(({ slot }) => slot !== context.slot);
  if (ask !== undefined) await Promise.allSettled(others.map(async ({ slot }) => peer(slot).abort(ask, context.slot)));
};

const bySlot = <One extends { readonly slot: number }>(slots: readonly number[], given: readonly One[]): readonly One[] =>
  slots.flatMap((slot) => given.find((one) => one.slot === slot) ?? []);
