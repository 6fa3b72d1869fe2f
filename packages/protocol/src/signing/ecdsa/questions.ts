/** What a signer makes sure of with every question, and how it answers each once. PROTOCOL section 11.4. */
import type { EcdsaShares } from "@keyquorum/threshold";
import { type Hash32, KeyquorumError } from "@keyquorum/wire";
import type { SigningKeeper } from "../messages.ts";
import type { SigningContext } from "../ports.ts";
import { ECDSA_ASKED, ECDSA_ROUNDS, type EcdsaRound, roundNumber } from "./kinds.ts";
import { eraseSession, type LiveSession, type LiveSessions } from "./liveSessions.ts";
import type { ECDSA_KINDS, EcdsaAsk } from "./messages.ts";
import { areMessagesOf, entriesOf, type Kind, type SessionNames } from "./messagesOf.ts";
import type { EcdsaSignerPorts } from "./ports.ts";
import { areEqual, type RoundCheck } from "./rounds.ts";
import { ecdsaAskStatement, ecdsaRoundHash } from "./statements.ts";

type Message = Parameters<typeof areMessagesOf>[2][number];

export const createQuestions = (ports: Pick<EcdsaSignerPorts, "boot" | "contextOf">, sessions: LiveSessions) => {
  const over = { all: false, epochs: new Set<number>() };

  const assertGoing = (epoch: number): void => {
    if (over.all || over.epochs.has(epoch)) throw new KeyquorumError("SHUTTING_DOWN", "This keeper no longer signs in this epoch.");
  };
  const gone = (): KeyquorumError => new KeyquorumError("SIGNING_NONCE_GONE");
  const aborted = (round: EcdsaRound, check: RoundCheck): KeyquorumError =>
    new KeyquorumError("SIGNING_ABORTED", undefined, { details: { round: roundNumber(round), check } });

  /** Throws unless a member that may coordinate signed the question. `content`: what the question's signature covers. */
  const contextFor = async (
    ask: EcdsaAsk,
    kind: (typeof ECDSA_KINDS)[keyof typeof ECDSA_KINDS],
    content: Uint8Array | 0,
  ): Promise<SigningContext> => {
    assertGoing(ask.epoch);
    const context = await ports.contextOf(ask.epoch);
    if (!context.members.includes(context.slot)) throw new KeyquorumError("NOT_MEMBER");
    if (!context.members.includes(ask.coordinator.slot) || !context.isSignedBy(ecdsaAskStatement(ask, kind, content), ask.signature))
      throw new KeyquorumError("INVALID_SIGNATURE", "The question is not signed by a keeper that may coordinate.");
    return context;
  };
  const selfOf = (context: SigningContext): SigningKeeper => ({ slot: context.slot, boot: ports.boot });
  const namesOf = ({ ask, boots }: LiveSession, requestId: Hash32 = ask.requestId): SessionNames => ({
    ...{ session: ask.session, requestId, epoch: ask.epoch, slots: ask.slots, boots },
  });

  /** Answers a round's question once; the same question again gets the same answer. Whatever fails refuses the session. */
  const once = <Answer>(live: LiveSession, round: EcdsaRound, question: string, work: () => Promise<Answer>): Promise<Answer> => {
    const before = live.answers.get(round);
    if (before?.question === question) return before.answer as Promise<Answer>; // of this round
    const [previous] = [...live.answers.keys()].slice(-1);
    const isNext = previous !== undefined && ECDSA_ROUNDS.indexOf(round) === ECDSA_ROUNDS.indexOf(previous) + 1 && live.sent.has(previous);
    if (before !== undefined || !isNext || live.isRefused || live.isOpened) {
      refuse(live);
      // A presignature that was taken is nobody's any more.
      if (live.isPooled && round === "check") return Promise.reject(gone());
      return Promise.reject(new KeyquorumError("SIGNING_CONFLICT"));
    }
    const answer = work();
    live.answers.set(round, { question, answer });
    return answer.catch((error: unknown) => {
      refuse(live);
      throw error;
    });
  };
  const refuse = (live: LiveSession): void => {
    live.isRefused = true;
    if (live.hasAgreed) eraseSession(live); // it can neither go on nor open
  };
  /** Throws where the session ended meanwhile. What waited must look again. */
  const secretsOf = (live: LiveSession): NonNullable<LiveSession["secrets"]> => {
    assertGoing(live.ask.epoch);
    if (!sessions.isAlive(live) || live.secrets === undefined) throw gone();
    if (live.isRefused || live.isOpened) throw new KeyquorumError("SIGNING_CONFLICT");
    return live.secrets;
  };
  const sumOf = (live: LiveSession): EcdsaShares => {
    const { sum } = secretsOf(live);
    if (sum === undefined) throw gone();
    return sum;
  };
  /** A question after the deal: signed over the hash of what it shows, by the coordinator of the session, in the life that began it. */
  const liveFor = async <Said extends Message>(
    round: EcdsaRound,
    ask: EcdsaAsk,
    shown: readonly Said[],
    kind: NoInfer<Kind<Said>>,
  ): Promise<{ readonly live: LiveSession; readonly context: SigningContext; readonly hash: Uint8Array }> => {
    const hash = ecdsaRoundHash(ask.session, roundNumber(round) - 1, entriesOf(shown, kind));
    const context = await contextFor(ask, ECDSA_ASKED[round], hash);
    const live = sessions.get(ask.session);
    if (live === undefined) throw gone();
    assertCoordinator(live, ask);
    return { live, context, hash };
  };
  const assertCoordinator = ({ ask }: LiveSession, { coordinator, epoch }: EcdsaAsk): void => {
    if (ask.coordinator.slot !== coordinator.slot || ask.coordinator.boot !== coordinator.boot || ask.epoch !== epoch)
      throw new KeyquorumError("INVALID_REQUEST", "The session is another coordinator's.", { details: { field: "coordinator" } });
  };
  /** Throws unless these are the messages of the round before, this keeper's own as it sent it among them. */
  const assertShown = <Said extends Message>(
    context: SigningContext,
    live: LiveSession,
    round: EcdsaRound,
    shown: readonly Said[],
    kind: NoInfer<Kind<Said>>,
    requestId?: Hash32,
  ): void => {
    const before = ECDSA_ROUNDS[roundNumber(round) - 2] as EcdsaRound; // there is one before every round that shows something
    if (!areMessagesOf(context, namesOf(live, requestId), shown, kind, live.sent.get(before))) throw aborted(round, "messages");
  };
  const assertHashes = (round: EcdsaRound, said: readonly { readonly hash: Uint8Array }[], expected: Uint8Array | undefined): void => {
    if (expected === undefined || said.some(({ hash }) => !areEqual(hash, expected))) throw aborted(round, "hash");
  };

  return {
    over,
    assertGoing,
    gone,
    aborted,
    contextFor,
    selfOf,
    once,
    refuse,
    secretsOf,
    sumOf,
    liveFor,
    assertCoordinator,
    assertShown,
    assertHashes,
  };
};
