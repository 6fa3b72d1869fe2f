import { eventTopic, interfaceOf, parseContractLogOf } from "@keyquorum/bindings";
import type { Heads } from "@keyquorum/chain";
import type { ReceivedShareRequest } from "@keyquorum/protocol";
import { encodePoint, pointFromXY, toXY, vesHints } from "@keyquorum/threshold";
import type { Vault } from "@keyquorum/vault";
import {
  type DocumentHeader,
  type Hex,
  headerRestOf,
  KeyquorumError,
  parseAddress,
  parseDocumentId,
  parseHash32,
  type RequestId,
  rankOf,
  slotsOf,
} from "@keyquorum/wire";
import type { AnswerService, GivenAnswer } from "../answers/answerService.ts";
import { findPublishedHeader } from "../answers/publishedHeader.ts";
import type { ChainReader, RequestFacts } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../deployment.ts";
import type { Logger } from "../logger.ts";
import type { RequestBudget } from "./requestBudget.ts";
import type { Transactions } from "./transactions.ts";
import { DONE, WAIT, type WorkHandler, type WorkOutcome } from "./workRunner.ts";

/** What `duties/onSharesRequested.ts` writes down. */
export type RequestWork = { readonly requestId: RequestId; readonly blockNumber: number; readonly blockHash: string };

type Options = {
  readonly vault: Pick<Vault, "logs">;
  readonly reader: ChainReader;
  readonly contracts: ServedContracts;
  readonly service: AnswerService;
  readonly transactions: Transactions;
  readonly budget: RequestBudget;
  /** This keeper's slot now; 0 while it has none. */
  readonly slot: () => number;
  readonly stagingBlocks: number;
  readonly log: Logger;
};

type Requested = {
  readonly request: ReceivedShareRequest;
  readonly number: bigint;
  readonly readerKey: { readonly x: bigint; readonly y: bigint };
};

/** A refusal may change while a request lives (a grant, a reorg): it is asked again, but ever less often. */
const ASK_AGAIN_MILLISECONDS = 2_000;
const ASK_AGAIN_AT_LEAST_EVERY = 60_000;

/**
 * Answers a request on chain, or refuses, when SharesRequested is final. PROTOCOL sections 3.8, 4.4 and 5.1.
 * The contract takes exactly q answers: the q keepers of lowest rank act at once, each further one a step later, if the request is still open.
 * Status and permission are asked anew before every send. Ends when the request is served or over, finally.
 */
export const createAnswerRequest = (options: Options): WorkHandler<RequestWork> => {
  const dueSince = new Map<RequestId, number>();
  const refusals = new Map<RequestId, number>();
  const committees = new Map<number, readonly number[]>();

  /** Slots of an epoch that a final request pins: it is open and final itself, and never changes again. */
  const slotsIn = async (epoch: number, blockHash: string): Promise<readonly number[]> => {
    const slots = committees.get(epoch) ?? (await options.reader.at(blockHash).committeeOf(epoch)).map(({ slot }) => slot);
    committees.set(epoch, slots);
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
    const requested = await findRequested(options, work);
    if (requested === undefined) return DONE; // reorganised away; if it came back, that is other work

    const facts = await options.reader.at(head.hash).requestOf(requestId);
    if (facts.status !== "Pending") return over(options, requestId, heads, forget(requestId));
    const slot = options.slot();
    if (slot === 0 || slotsOf(facts.answered).includes(slot)) return WAIT;
    const slots = await slotsIn(facts.epoch, head.hash);
    if (!slots.includes(slot)) return DONE;

    const since = dueSince.get(requestId) ?? head.number;
    dueSince.set(requestId, since);
    const rank = rankOf(requestId, slot, slots);
    if (head.number < since + Math.max(0, rank - facts.quorum + 1) * options.stagingBlocks) return WAIT;
    return options.transactions.isBusy(transactionIdOf(requestId)) ? WAIT : answer(options, requested, facts, refusals);
  };
};

/** Transactions that carry an answer are named so, with the request's id behind it. */
export const ANSWER_ID_PREFIX = "answer:";
const transactionIdOf = (requestId: RequestId): string => `${ANSWER_ID_PREFIX}${requestId}`;

const over = async ({ reader }: Options, requestId: RequestId, { final }: Heads, forget: () => void): Promise<WorkOutcome> => {
  const { status } = await reader.at(final.hash).requestOf(requestId);
  if (status === "Pending" || status === "Unknown") return WAIT;
  forget();
  return DONE;
};

const answer = async (
  options: Options,
  { request, number, readerKey }: Requested,
  { epoch }: RequestFacts,
  refusals: Map<RequestId, number>,
): Promise<WorkOutcome> => {
  const { vault, contracts, service, transactions, log } = options;
  const header = await findPublishedHeader({ vault, contracts }, request.document, request.headerHash);
  if (header === undefined) return { kind: "wait", milliseconds: ASK_AGAIN_MILLISECONDS };
  const refusal = await options.budget.refusalOf(request);
  if (refusal !== undefined) {
    log.warn("A request is not answered on chain, to keep within this keeper's limits", { requestId: request.requestId, reason: refusal });
    return { kind: "wait", milliseconds: 10 * ASK_AGAIN_MILLISECONDS };
  }
  try {
    const given = await service.answer({ request: { ...request, epoch }, header });
    transactions.post({
      id: transactionIdOf(request.requestId),
      kind: "answer",
      to: contracts.addresses.shareRequests,
      data: answerCall({ request, number, readerKey }, header, given),
    });
    return WAIT;
  } catch (error) {
    if (!(error instanceof KeyquorumError) || error.code === "INTERNAL") throw error;
    log.info("A request was refused", { requestId: request.requestId, code: error.code });
    if (error.code === "UNAVAILABLE") return { kind: "wait", milliseconds: 0 };
    const before = refusals.get(request.requestId) ?? 0;
    refusals.set(request.requestId, before + 1);
    return { kind: "wait", milliseconds: Math.min(ASK_AGAIN_AT_LEAST_EVERY, ASK_AGAIN_MILLISECONDS * 2 ** before) };
  }
};

/** The request as its event on the mirrored chain says, in the block with that hash where one is given; undefined when that event is gone. */
export const findRequested = async (
  { vault, contracts }: Pick<Options, "vault" | "contracts">,
  { requestId, blockHash }: Pick<RequestWork, "requestId"> & Partial<RequestWork>,
): Promise<Requested | undefined> => {
  const logs = await vault.logs.find({
    address: contracts.addresses.shareRequests,
    topic0: eventTopic("SharesRequested"),
    topic1: requestId,
  });
  const mirrored = logs.find((log) => blockHash === undefined || log.blockHash === blockHash);
  const event = mirrored === undefined ? undefined : parseContractLogOf(contracts.deployment, mirrored, "SharesRequested");
  if (event === undefined) return undefined;
  const { args } = event;
  const { x, y } = args.readerKey;
  return {
    number: args.number,
    readerKey: { x, y },
    request: {
      state: "received",
      channel: "chain",
      requestId,
      document: parseDocumentId(args.document),
      headerHash: parseHash32(args.headerHash),
      requester: parseAddress(args.requester),
      readerKey: encodePoint(pointFromXY(x, y)),
      contextHash: parseHash32(args.contextHash),
      deadline: args.deadline,
      epoch: Number(args.epoch),
    },
  };
};

const answerCall = ({ request, number, readerKey }: Requested, header: DocumentHeader, { answer: share, material }: GivenAnswer): Hex => {
  const { u } = header.ciphertext;
  const hints = vesHints({ u, readerKey: pointFromXY(readerKey.x, readerKey.y) }, share);
  const { document, headerHash, requester, contextHash } = request;
  return interfaceOf("shareRequests").encodeFunctionData("answer", [
    request.requestId,
    { number, document, headerHash, requester, readerKey, contextHash },
    {
      slot: material.slot,
      verifyingShare: toXY(material.verifyingShare),
      path: [...material.path],
      u: toXY(u),
      headerRest: headerRestOf(header),
      share: { k: toXY(share.k), v: toXY(share.v), c: share.c, zs: share.zs, zk: share.zk },
      hints: { zsU: toXY(hints.zsU), zkX: toXY(hints.zkX), cV: toXY(hints.cV), inverse1: hints.inverse1, inverse2: hints.inverse2 },
    },
  ]) as Hex;
};
