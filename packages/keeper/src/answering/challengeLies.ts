import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { Heads, SenderRecord, TransactionCost } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { type DocumentHeader, type Hex, type RequestId, rankOf } from "@keyquorum/wire";
import type { ChainReader, CommitteeMember, OptimisticFacts } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import { findRequested, type Requested } from "../contracts/findRequested.ts";
import { findPublishedHeader } from "../contracts/publishedHeader.ts";
import type { Logger } from "../report/logger.ts";
import type { Metrics } from "../report/metrics.ts";
import { sayOnce } from "../run/sayOnce.ts";
import type { Transactions } from "../run/transactions.ts";
import { DONE, WAIT, type WorkHandler, type WorkOutcome } from "../run/workRunner.ts";
import type { RequestWork } from "./answerRequest.ts";
import type { ChallengeBudget } from "./challengeBudget.ts";
import { challengeCall } from "./challengeCall.ts";
import { challengeSubject, challengeTransactionId } from "./challengeTransaction.ts";
import { type Displacement, displacementOf } from "./displacement.ts";
import type { PostedAnswer, PostedAnswers } from "./postedAnswers.ts";
import { createRequestNews } from "./requestNews.ts";

type Options = {
  readonly vault: Pick<Vault, "logs" | "challenges" | "outbox">;
  readonly reader: ChainReader;
  readonly contracts: ServedContracts;
  readonly posted: PostedAnswers;
  readonly transactions: Transactions;
  readonly budget: ChallengeBudget;
  /** What a challenge costs if it is sent now; undefined where the contract would refuse it. */
  readonly costOf: (data: Hex) => Promise<TransactionCost | undefined>;
  /** This keeper's slot now; 0 while it has none. */
  readonly slot: () => number;
  readonly stagingBlocks: number;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "wrongAnswers" | "challenges" | "challengesWithheld">;
};

/** What a request's block fixes for good. */
type Terms = Pick<OptimisticFacts, "keyId" | "epoch" | "quorum" | "fee"> & { readonly members: readonly CommitteeMember[] };

/** A request of which something is to be challenged, as seen at a head. */
type Case = { readonly requested: Requested; readonly terms: Terms; readonly header: DocumentHeader; readonly own: number };

/** Challenge windows are a minute or longer. */
const NOTHING_YET: WorkOutcome = { kind: "wait", milliseconds: 2_000 };
/** A request of which nothing new is mirrored is looked at so often while a window lasts, for what news cannot tell. */
const LOOKS_PER_WINDOW = 8n;
/** In seconds of block time: what one moment's providers said of the window is not believed for longer. */
const WINDOW_BELIEVED = 600;
/** What may change meanwhile: the gas price, the balance, and the budget by the hour. */
const REFUSED: WorkOutcome = { kind: "wait", milliseconds: 20_000 };

/**
 * Challenges wrong answers that would be paid in the place of this keeper's (D63). PROTOCOL section 5.5. Works at the head: the window may be over
 * before a block is final. The lies are shared out among the displaced keepers by rank, one each; whoever comes next takes a lie over a step later,
 * if it still stands. A keeper challenges an answer once, and one of a request at a time: when its own is paid, it is done.
 */
export const createChallengeLies = (options: Options): WorkHandler<RequestWork> => {
  const { vault, reader, contracts, posted } = options;
  const allTerms = new Map<string, Terms>();
  const dueAt = new Map<string, number>();
  const said = new Set<string>();
  const quiet = new Map<string, Quiet>();
  const news = createRequestNews(options);
  let believed: { readonly window: bigint; readonly at: number } | undefined;

  /** The contract never changes it. */
  const windowAt = async ({ hash, timestamp }: Heads["head"]): Promise<bigint> => {
    if (believed === undefined || Math.abs(timestamp - believed.at) > WINDOW_BELIEVED)
      believed = { window: await reader.at(hash).challengeWindow(), at: timestamp };
    return believed.window;
  };

  const termsOf = async ({ requestId, blockHash }: RequestWork, hash: string): Promise<Terms | undefined> => {
    const known = allTerms.get(`${requestId}:${blockHash}`);
    if (known !== undefined) return known;
    const { status, keyId, epoch, quorum, fee } = await reader.at(hash).optimisticRequestOf(requestId);
    if (status === "Unknown") return undefined; // the chain moved since its event was mirrored
    const terms = { keyId, epoch, quorum, fee, members: await reader.at(hash).committeeOf(epoch) };
    allTerms.set(`${requestId}:${blockHash}`, terms);
    return terms;
  };

  const finish = ({ requestId, blockHash }: RequestWork): WorkOutcome => {
    allTerms.delete(`${requestId}:${blockHash}`);
    quiet.delete(`${requestId}:${blockHash}`);
    posted.forget(requestId);
    for (const name of [...dueAt.keys(), ...said]) {
      if (!name.startsWith(requestId)) continue;
      dueAt.delete(name);
      said.delete(name);
    }
    return DONE;
  };

  return async (work, heads): Promise<WorkOutcome> => {
    const { requestId, blockNumber } = work;
    const { head, final } = heads;
    const name = `${requestId}:${work.blockHash}`;
    const seen = `${options.slot()} ${await news.of(requestId, heads)}`;
    if (isQuiet(quiet.get(name), seen, heads)) return NOTHING_YET;
    quiet.delete(name);
    const requested = await findRequested(options, work);
    if (requested === undefined) return final.number < blockNumber ? WAIT : finish(work); // reorganised away; if it came back, that is other work
    const window = await windowAt(head);
    const { deadline } = requested.request;
    const nothingYet = (): WorkOutcome => {
      const times = { deadline, end: deadline + window, again: BigInt(head.timestamp) + window / LOOKS_PER_WINDOW };
      quiet.set(name, { seen, ...times, phase: phaseAt(times, heads) });
      return NOTHING_YET;
    };
    if (BigInt(final.timestamp) > deadline + window) return finish(work);
    const own = options.slot();
    const terms = await termsOf(work, head.hash);
    const header = await findPublishedHeader({ vault, contracts }, requested.request.document, requested.request.headerHash);
    if (own === 0 || terms === undefined || header === undefined) return nothingYet();

    const answers = await posted.list(requested, terms, header);
    const displacementAt = async (toBlock: number, isOpen: boolean): Promise<Displacement | undefined> =>
      displacementOf({
        answers,
        disproved: await disprovedSlots(options, requestId, toBlock),
        quorum: terms.quorum,
        members: terms.members.map(({ slot }) => slot),
        own,
        isOpen,
      });
    const displacement = await displacementAt(head.number, BigInt(head.timestamp) <= deadline);
    if (displacement === undefined) {
      const isForGood = BigInt(final.timestamp) > deadline && (await displacementAt(final.number, false)) === undefined;
      return isForGood ? finish(work) : nothingYet();
    }
    if (BigInt(head.timestamp) > deadline + window) return nothingYet();
    return challengeNext(options, { requested, terms, header, own }, displacement, heads, { dueAt, said });
  };
};

/** A request of which there was nothing to do: as it was seen, and until when that holds if nothing comes. */
type Quiet = Times & { readonly seen: string; readonly phase: string; readonly again: bigint };
type Times = { readonly deadline: bigint; readonly end: bigint };

const isQuiet = (quiet: Quiet | undefined, seen: string, heads: Heads): boolean =>
  quiet !== undefined && quiet.seen === seen && BigInt(heads.head.timestamp) < quiet.again && quiet.phase === phaseAt(quiet, heads);

/** Which of the times that change what is to be done have passed, at the head and finally. */
const phaseAt = ({ deadline, end }: Times, { head, final }: Heads): string =>
  [head, final].map(({ timestamp }) => [deadline, end].filter((time) => BigInt(timestamp) > time).length).join();

/** Whose answers were proved wrong, up to a block. */
const disprovedSlots = async ({ vault, contracts }: Options, requestId: RequestId, toBlock: number): Promise<readonly number[]> => {
  const filter = { address: contracts.addresses.optimisticRequests, topic0: eventTopic("AnswerDisproved"), topic1: requestId, toBlock };
  const logs = await vault.logs.find(filter);
  return logs.flatMap((log) => {
    const event = parseContractLogOf(contracts.deployment, log, "AnswerDisproved");
    return event === undefined ? [] : [Number(event.args.slot)];
  });
};

type Memory = { readonly dueAt: Map<string, number>; readonly said: Set<string> };

const challengeNext = async (
  options: Options,
  found: Case,
  { lies, among, regains }: Displacement,
  { head }: Heads,
  { dueAt, said }: Memory,
): Promise<WorkOutcome> => {
  const { requestId } = found.requested.request;
  const stored = await options.vault.challenges.of(requestId);
  const underWay = lies.find((lie) => stored.some(({ slot, givenUp }) => slot === lie.slot && !givenUp));
  if (underWay !== undefined) return goOn(options, found, underWay);

  const rank = rankOf(requestId, found.own, among);
  let outcome: WorkOutcome = WAIT;
  for (const [index, lie] of lies.entries()) {
    const name = `${requestId}:${lie.slot}`;
    const steps = (rank - (index % among.length) + among.length) % among.length;
    const due = dueAt.get(name) ?? head.number + steps * options.stagingBlocks;
    dueAt.set(name, due);
    sayOnce(said, name, () => noteLie(options, found, lie));
    if (head.number < due || stored.some(({ slot }) => slot === lie.slot)) continue;
    const isSent = await decide(options, found, lie, { fee: regains ? found.terms.fee : 0n, said });
    if (isSent) return WAIT;
    outcome = REFUSED;
  }
  return outcome;
};

/** Sends a challenge, if it costs no more than it may. */
const decide = async (
  options: Options,
  found: Case,
  lie: PostedAnswer,
  { fee, said }: { readonly fee: bigint; readonly said: Set<string> },
): Promise<boolean> => {
  const { log, metrics } = options;
  const { requestId } = found.requested.request;
  const cost = await options.costOf(dataOf(found, lie));
  if (cost === undefined) return false; // somebody else was first, or the chain moved
  const booking = await options.budget.book({ requestId, liar: lie.slot, cost, fee });
  const data = { requestId, culprit: lie.slot, gasLimit: cost.gasLimit, gasPrice: cost.gasPrice, fee };
  if (booking.kind === "refused") {
    const say = (): void => {
      metrics.challengesWithheld.inc({ reason: booking.reason });
      log.warn("A wrong answer is not challenged, to keep within this keeper's limits", { ...data, reason: booking.reason });
    };
    sayOnce(said, `${requestId}:${lie.slot}:${booking.reason}`, say);
    return false;
  }
  metrics.challenges.inc({ from: booking.from });
  log.info("Challenging a wrong answer", { ...data, from: booking.from });
  post(options, found, lie, cost.gasLimit);
  return true;
};

/** A challenge that was decided on, in this life or an earlier one: sees to it that it gets on chain, unless it was there and failed. */
const goOn = async (options: Options, found: Case, lie: PostedAnswer): Promise<WorkOutcome> => {
  const { vault, transactions } = options;
  const { requestId } = found.requested.request;
  const name = { requestId, slot: lie.slot };
  const id = challengeTransactionId(name);
  if (transactions.isBusy(id)) return WAIT;
  const record = await vault.outbox.load<SenderRecord>(id);
  if (record?.receipt?.status === "reverted") await vault.challenges.giveUp(name);
  else post(options, found, lie, (await vault.challenges.of(requestId)).find(({ slot }) => slot === lie.slot)?.gas);
  return WAIT;
};

const post = ({ transactions, contracts }: Options, found: Case, lie: PostedAnswer, gasLimit: bigint | undefined): void => {
  const challenge = { requestId: found.requested.request.requestId, slot: lie.slot };
  transactions.post({
    id: challengeTransactionId(challenge),
    kind: "challenge",
    subject: challengeSubject(challenge),
    to: contracts.addresses.optimisticRequests,
    data: dataOf(found, lie),
    ...(gasLimit === undefined ? {} : { gasLimit }),
  });
};

const dataOf = ({ requested, header }: Case, lie: PostedAnswer): Hex => {
  const fault = lie.fault();
  if (fault === undefined) throw new Error(`The answer of slot ${lie.slot} is right.`); // a lie has one
  return challengeCall(requested, lie, fault, header);
};

const noteLie = ({ log, metrics }: Options, { requested, terms }: Case, lie: PostedAnswer): void => {
  metrics.wrongAnswers.inc({ slot: String(lie.slot) });
  log.warn("A keeper's wrong answer would be paid in the place of a right one", {
    requestId: requested.request.requestId,
    culprit: lie.slot,
    operator: terms.members.find(({ slot }) => slot === lie.slot)?.operator,
    reason: lie.fault()?.reason,
  });
};
