import type { Heads } from "@keyquorum/chain";
import { bitmapOf, type DocumentHeader, KeyquorumError, type RequestId, rankOf, slotsOf } from "@keyquorum/wire";
import type { ChainReader, RequestFacts } from "../contracts/chainReader.ts";
import type { MirroredRequests, Requested } from "../contracts/mirroredRequests.ts";
import type { Core } from "../run/core.ts";
import { setNewest } from "../run/newestOnly.ts";
import { DONE, WAIT, type WorkHandler, type WorkOutcome } from "../run/workRunner.ts";
import { ANSWER_ID_PREFIX, answerCall } from "./answerCall.ts";
import type { AnswerService } from "./answerService.ts";
import type { PostedAnswers } from "./postedAnswers.ts";
import type { RequestBudget } from "./requestBudget.ts";

/** What `answering/onSharesRequested.ts` writes down. */
export type RequestWork = { readonly requestId: RequestId; readonly blockNumber: number; readonly blockHash: string };

type Options = Pick<Core, "reader" | "contracts" | "transactions" | "log"> & {
  readonly requests: MirroredRequests;
  readonly service: Pick<AnswerService, "answer">;
  readonly budget: RequestBudget;
  readonly posted: PostedAnswers;
  /** This keeper's slot now; 0 while it has none. */
  readonly slot: () => number;
  readonly stagingBlocks: number;
};

/** A refusal may change while a request lives (a grant, a reorg): it is asked again, but ever less often. */
const ASK_AGAIN_MILLISECONDS = 2_000;
const ASK_AGAIN_AT_LEAST_EVERY = 60_000;
/** A request that is served may need this keeper after all only if a reorg takes an answer back. */
const LOOK_AGAIN_MILLISECONDS = 5_000;
const [MOST_REQUESTS, MOST_EPOCHS] = [20_000, 1_000];

/**
 * Answers a request on chain, or refuses, when SharesRequested is final. PROTOCOL sections 3.8, 4.4, 5.1 and 5.5.
 * q answers serve the reader: the q keepers of lowest rank act at once, each further one a step later, if the request is still open. ShareRequests
 * closes with the q-th answer; OptimisticRequests takes wrong ones too, so there a further keeper acts while fewer than q are right.
 * Status and permission are asked again before every send. Ends when the request is served or over, finally.
 */
export const createAnswerRequest = (options: Options): WorkHandler<RequestWork> => {
  /** What is forgotten where there are too many waits or is asked again from the beginning. */
  const dueSince = new Map<RequestId, number>();
  const refusals = new Map<RequestId, number>();
  const committees = new Map<number, readonly number[]>();

  /** Slots of an epoch that a final request pins: it is open and final itself, and never changes again. */
  const slotsIn = async (epoch: number, blockHash: string): Promise<readonly number[]> => {
    const slots = committees.get(epoch) ?? (await options.reader.at(blockHash).committeeOf(epoch)).map(({ slot }) => slot);
    setNewest(committees, epoch, slots, MOST_EPOCHS);
    return slots;
  };

  const forget = (requestId: RequestId) => (): void => {
    dueSince.delete(requestId);
    refusals.delete(requestId);
  };

  return async (work, heads): Promise<WorkOutcome> => {
    const { requestId, blockNumber } = work;
    const { head, final } = heads;
    if (final.number < blockNumber) return WAIT;
    const requested = await options.requests.find(work);
    if (requested === undefined) forget(requestId)();
    if (requested === undefined) return DONE; // reorganised away; if it came back, that is other work
    if (BigInt(final.timestamp) > requested.request.deadline) {
      forget(requestId)();
      return DONE; // of such a block no contract says Pending: a keeper that slept asks nothing about what it slept through
    }

    const facts = await options.reader.at(head.hash).requestOf(requested.contract, requestId);
    if (facts.status !== "Pending") return over(options, requested, heads, forget(requestId));
    const slot = options.slot();
    if (slot === 0) return WAIT;
    if (slotsOf(facts.answered).includes(slot)) return answered(options, requested, slot, heads, forget(requestId));
    const slots = await slotsIn(facts.epoch, head.hash);
    if (!slots.includes(slot)) return DONE;
    const absence = await absenceOf(options.reader, { epoch: facts.epoch, slots: bitmapOf([slot]) }, heads);
    if (absence === "final") forget(requestId)();
    if (absence !== "none") return absence === "final" ? DONE : { kind: "wait", milliseconds: LOOK_AGAIN_MILLISECONDS };

    const since = dueSince.get(requestId) ?? head.number;
    setNewest(dueSince, requestId, since, MOST_REQUESTS);
    const rank = rankOf(requestId, slot, slots);
    if (head.number < since + Math.max(0, rank - facts.quorum + 1) * options.stagingBlocks) return WAIT;
    if (options.transactions.isBusy(transactionIdOf(requestId))) return WAIT;
    const header = await options.requests.headerOf(requested);
    if (header === undefined) return { kind: "wait", milliseconds: ASK_AGAIN_MILLISECONDS };
    if (rank >= facts.quorum && (await isServed(options.posted, requested, facts, header)))
      return { kind: "wait", milliseconds: LOOK_AGAIN_MILLISECONDS };
    return answer(options, requested, facts, header, refusals);
  };
};

/** Whether this keeper is absent from the request's epoch: its account there was revoked as stolen, so that no contract takes an answer of its slot. */
const absenceOf = async (
  reader: ChainReader,
  { epoch, slots }: { readonly epoch: number; readonly slots: bigint },
  { head, final }: Heads,
): Promise<"none" | "head" | "final"> => {
  if ((await reader.at(head.hash).absentIn(epoch, slots)) === 0n) return "none";
  return (await reader.at(final.hash).absentIn(epoch, slots)) === 0n ? "head" : "final";
};

/** Whether q right answers to an optimistic request are there. Before as many were posted nothing is verified. */
const isServed = async (posted: PostedAnswers, requested: Requested, facts: RequestFacts, header: DocumentHeader): Promise<boolean> => {
  if (requested.contract !== "optimisticRequests" || slotsOf(facts.answered).length < facts.quorum) return false;
  const answers = await posted.list(requested, facts, header);
  return answers.filter(({ fault }) => fault() === undefined).length >= facts.quorum;
};

const transactionIdOf = (requestId: RequestId): string => `${ANSWER_ID_PREFIX}${requestId}`;

/** This keeper's answer is there: its part is done when that is final. */
const answered = async (
  { reader }: Options,
  { contract, request }: Requested,
  slot: number,
  { final }: Heads,
  forget: () => void,
): Promise<WorkOutcome> => {
  const facts = await reader.at(final.hash).requestOf(contract, request.requestId);
  if (!slotsOf(facts.answered).includes(slot)) return WAIT;
  forget();
  return DONE;
};

const over = async ({ reader }: Options, { contract, request }: Requested, { final }: Heads, forget: () => void): Promise<WorkOutcome> => {
  const { status } = await reader.at(final.hash).requestOf(contract, request.requestId);
  if (status === "Pending" || status === "Unknown") return WAIT;
  forget();
  return DONE;
};

const answer = async (
  options: Options,
  requested: Requested,
  { epoch, fee }: RequestFacts,
  header: DocumentHeader,
  refusals: Map<RequestId, number>,
): Promise<WorkOutcome> => {
  const { contracts, service, transactions, log } = options;
  const { contract, request } = requested;
  const { budget } = options;
  const refusal = await budget.refusalOf({ ...request, owner: header.owner, isPaid: fee > 0n });
  if (refusal !== undefined) {
    log.warn("A request is not answered on chain, to keep within this keeper's limits", { requestId: request.requestId, reason: refusal });
    return { kind: "wait", milliseconds: 10 * ASK_AGAIN_MILLISECONDS };
  }
  try {
    const given = await service.answer({ request: { ...request, epoch }, header });
    transactions.post({
      id: transactionIdOf(request.requestId),
      kind: "answer",
      subject: request.requestId,
      to: contracts.addresses[contract],
      data: answerCall(requested, given),
    });
    return WAIT;
  } catch (error) {
    budget.giveBack(request.requestId);
    if (!(error instanceof KeyquorumError) || error.code === "INTERNAL") throw error;
    log.info("A request was refused", { requestId: request.requestId, code: error.code });
    if (error.code === "UNAVAILABLE" || error.code === "FINALITY_BROKEN") return { kind: "wait", milliseconds: 0 };
    const before = refusals.get(request.requestId) ?? 0;
    setNewest(refusals, request.requestId, before + 1, MOST_REQUESTS);
    return { kind: "wait", milliseconds: Math.min(ASK_AGAIN_AT_LEAST_EVERY, ASK_AGAIN_MILLISECONDS * 2 ** before) };
  }
};
