import { describeError, type ExtensionServices, type MayResend, type PeerAnswerer } from "@keyquorum/keeper";
import { keccakWords } from "@keyquorum/threshold";
import { type Address, bytesToHex, type Hex, hexToBytes, KeyquorumError } from "@keyquorum/wire";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { requirePermission } from "../retrieval/permission.ts";
import { answerGas } from "./answerGas.ts";
import { isSubjectOf, presentSubject } from "./askedAgain.ts";
import { isAnswerRequired, keyServerIndex } from "./keyServerIndex.ts";
import { createLogPruning } from "./logPruning.ts";
import { createMissedRequests } from "./missedRequests.ts";
import { createPersonalReplies } from "./personalReplies.ts";
import { createPostedParts } from "./postedParts.ts";
import { createPromisedParts } from "./promisedParts.ts";
import { createPublications } from "./publications.ts";
import { createReplies, type Reply, type ReplyOptions } from "./replies.ts";
import { forgetAbove, forgetRequests, idOfRequest, isConfirmed, listRequests, MOST_REQUESTS, noteRequests } from "./requestRows.ts";
import { refusalCall } from "./serviceCalls.ts";
import type { ServiceContract } from "./serviceOptions.ts";
import { parseRequestLog, SERVICE_TOPICS, type ServiceRequest } from "./serviceRequest.ts";

/** Of transactions: answers to service contracts. */
export const ANSWER_KIND = "service-answer";
/** How long one member drives a request before it is the next one's turn, and between two attempts of one. */
const TURN_MILLISECONDS = 30_000;
const ATTEMPT_MILLISECONDS = 3_000;
/** What is not waited for any more is looked at again so often: a set that changes asks everybody once more. */
const RETRY_BLOCKS = 30;
/** Requests that are worked on at once. */
const AT_ONCE = 4;

export type ServiceDuties = {
  readonly answerers: readonly PeerAnswerer[];
  /** One pass over what waits, unless one is under way. */
  readonly eachRound: () => Promise<void>;
  readonly mayResend: Readonly<Record<string, MayResend>>;
  readonly status: () => Promise<{ readonly contracts: number; readonly waiting: number; readonly notKeyServerOf: readonly Address[] }>;
};

type Heads = Awaited<ReturnType<ExtensionServices["chain"]["look"]>>;
type Options = Omit<ReplyOptions, "services" | "documentKeys"> & {
  readonly services: ExtensionServices;
  readonly documentKeys: ReplyOptions["documentKeys"] & Parameters<typeof createPersonalReplies>[0]["documentKeys"];
  readonly contracts: readonly ServiceContract[];
};

/**
 * Follows service contracts and answers what they were asked, from the operator's account. What waits is the contract's to say: an answer is posted where
 * the contract wants this keeper's, whatever became of earlier lives of this process. PROTOCOL section 8.8.
 */
export const createServiceDuties = async (options: Options): Promise<ServiceDuties> => {
  const { services, contracts, records, board, acl } = options;
  const { chain, clock, log, transactions } = services;
  const mirrors = new Map<Address, Pick<ReturnType<typeof services.follow>, "logs">>();
  const promises = createPromisedParts(
    services,
    createPostedParts(services, (contract) => mirrors.get(contract)?.logs),
  );
  const publications = createPublications(services, records, promises.avoided);
  const replies = createReplies(options);
  const { personal } = createPersonalReplies({ ...options, publications, promises });
  const answers = services.metrics.counter({ name: "service_answers_total", help: "Answers to service contracts", labelNames: ["kind"] });
  const waitingGauge = services.metrics.gauge({
    name: "service_requests_waiting",
    help: "Requests of service contracts that wait for this keeper",
  });
  /** Of requests: since when this keeper knows that they are confirmed, and when it drove them last. */
  const firstSeen = new Map<string, number>();
  const drivenAt = new Map<string, number>();
  /** In which block nobody waited for this keeper. */
  const notRequired = new Map<string, number>();
  /** What the log has of each: the last answer, and why it waits. */
  const said = new Map<string, string>();
  const waits = new Map<string, string>();
  const strangers = new Set<Address>();
  let isUnfunded = false;

  const gasOf = new Map(contracts.map(({ contract, gas }) => [contract, gas]));
  const served = contracts.map(({ contract }) => contract);
  const known = new Set(served);
  await services.transaction((tx) => forgetRequests(tx, ({ contract }) => !known.has(contract)));
  for (const { contract, fromBlock } of contracts) {
    const mirror = services.follow({
      ...{ name: `service-${contract.slice(2)}-${fromBlock}`, addresses: [contract], topics: SERVICE_TOPICS, fromBlock },
      onLogs: async (tx, logs) => {
        const asked = logs.flatMap((one) => parseRequestLog(one) ?? []);
        const without = await noteRequests(tx, asked, served);
        if (without > 0)
          log.warn("A contract's requests wait for others' places: too many wait", { contract, without, most: MOST_REQUESTS });
      },
      onRollback: (tx, toBlock) => forgetAbove(tx, contract, toBlock),
    });
    mirrors.set(contract, mirror);
  }

  const prune = createLogPruning(services, served, (contract) => mirrors.get(contract)?.logs);
  const readOn = createMissedRequests(services, served, (contract) => mirrors.get(contract)?.logs);

  /** Members drive one after the other, again and again, in an order that differs with the request. */
  const isTurn = async (request: ServiceRequest): Promise<boolean> => {
    const id = idOfRequest(request);
    const now = clock.now();
    const since = Math.min(firstSeen.get(id) ?? now, now);
    firstSeen.set(id, since);
    const sinceAttempt = now - (drivenAt.get(id) ?? Number.NEGATIVE_INFINITY);
    if (sinceAttempt >= 0 && sinceAttempt < ATTEMPT_MILLISECONDS) return false;
    const { slots, ownSlot } = await board.present();
    const rankOf = (slot: number): string => bytesToHex(keccakWords(keccak_256(utf8ToBytes(id)), slot));
    const rank = slots.filter((slot) => rankOf(slot) < rankOf(ownSlot)).length;
    if (Math.floor((now - since) / TURN_MILLISECONDS) % slots.length !== rank) return false;
    drivenAt.set(id, now);
    return true;
  };

  const replyTo = async (request: ServiceRequest): Promise<Reply> => {
    switch (request.kind) {
      case "generation":
        return replies.generation({ request, isTurn: await isTurn(request) });
      case "retrieval":
        return replies.retrieval(request);
      case "storing":
        return replies.storing({ request, isTurn: await isTurn(request) });
      case "common":
        return replies.common(request);
      case "personal":
        return personal({ request, isTurn: await isTurn(request) });
    }
  };

  const sayOnce = (request: ServiceRequest, what: string, line: string): void => {
    const { kind, contract, serverKeyId } = request;
    if (said.get(idOfRequest(request)) !== what) log.warn(line, { kind, contract, serverKeyId });
    said.set(idOfRequest(request), what);
  };

  const post = async (request: ServiceRequest, data: Hex, { final }: Heads): Promise<void> => {
    if (!(await transactions.isFunded())) {
      if (!isUnfunded)
        log.warn("Contracts' requests are not answered: the operator's account has less than its reserve", { kind: request.kind });
      isUnfunded = true;
      return;
    }
    isUnfunded = false;
    const first = subjectOf(request, data);
    // Contracts go on to want parts of who posted one; ten minutes later another set of holders posts others.
    const isPart = request.kind === "personal" && data !== refusalCall(request);
    const subject = isPart ? first : await presentSubject(services, { kind: ANSWER_KIND, subject: first }, final);
    if (subject === undefined) return sayOnce(request, first, "A contract wants the same answer too often: it gets no more of them");
    if (!transactions.isBusy(ANSWER_KIND, subject)) {
      const gasLimit = await answerGas(services, { to: request.contract, data }, gasOf.get(request.contract) ?? 0n);
      if (gasLimit === undefined)
        return sayOnce(request, `${subject} gas`, "An answer to a contract would take more gas than it may: it is not sent");
      transactions.post({ kind: ANSWER_KIND, subject, to: request.contract, data, gasLimit });
    }
    if (said.get(idOfRequest(request)) === subject) return;
    said.set(idOfRequest(request), subject);
    answers.inc({ kind: request.kind });
    log.info("Answering a contract's request", { kind: request.kind, contract: request.contract, serverKeyId: request.serverKeyId });
  };

  /** @returns whether the contract waits for this keeper */
  const workOn = async (request: ServiceRequest): Promise<boolean> => {
    const heads = await chain.look();
    const id = idOfRequest(request);
    const before = notRequired.get(id);
    if (before !== undefined && heads.head.number - before < RETRY_BLOCKS && heads.head.number >= before) return false;
    if (!isConfirmed(request, heads)) return true;
    if (!(await isAnswerRequired(services, request, transactions.account, heads.head))) {
      notRequired.set(id, heads.head.number);
      if (request.kind === "personal") await promises.review(request, true);
      if ((await keyServerIndex(services, request.contract, transactions.account, heads.head)) === undefined)
        noteStranger(request.contract);
      else strangers.delete(request.contract);
      return false;
    }
    notRequired.delete(id);
    strangers.delete(request.contract);
    const data = await replyTo(request);
    if (data !== undefined) await post(request, data, heads);
    return true;
  };

  const noteStranger = (contract: Address): void => {
    if (!strangers.has(contract))
      log.warn("This keeper's account is no key server of a contract that the configuration names: it answers nothing there", {
        ...{ contract, account: transactions.account },
      });
    strangers.add(contract);
  };

  /** A request may wait for days: the log has what changes. */
  const noteWait = (request: ServiceRequest, why: ReturnType<typeof describeError>): void => {
    const text = JSON.stringify(why);
    if (waits.get(idOfRequest(request)) !== text)
      log.info("A contract's request waits", { kind: request.kind, serverKeyId: request.serverKeyId, ...why });
    waits.set(idOfRequest(request), text);
  };

  let isUnderWay = false;
  let waiting = 0;
  const pass = async (): Promise<void> => {
    services.assertServing();
    await readOn().catch((error: unknown) =>
      log.info("Requests that wait for others' places are looked at again later", describeError(error)),
    );
    await prune();
    const requests = await listRequests(services);
    const present = new Set(requests.map(idOfRequest));
    for (const map of [firstSeen, drivenAt, notRequired, said, waits]) for (const id of map.keys()) if (!present.has(id)) map.delete(id);
    let count = 0;
    for (let first = 0; first < requests.length; first += AT_ONCE)
      await Promise.all(
        requests.slice(first, first + AT_ONCE).map(async (request) => {
          try {
            if (await workOn(request)) count += 1;
          } catch (error) {
            count += 1;
            noteWait(request, describeError(error));
          }
        }),
      );
    waiting = count;
    waitingGauge.set(count);
  };

  return {
    answerers: publications.answerers,
    eachRound: async () => {
      if (isUnderWay || contracts.length === 0) return;
      isUnderWay = true;
      try {
        await pass();
      } finally {
        isUnderWay = false;
      }
    },
    mayResend: {
      [ANSWER_KIND]: async (subject, signed) => {
        const request = (await listRequests(services)).find((one) => isSubjectOf(subject, subjectOf(one, signed.data as Hex)));
        if (request === undefined) return "no";
        const heads = await chain.look();
        if (!isConfirmed(request, heads)) return "later";
        if (!(await isAnswerRequired(services, request, transactions.account, heads.head))) return "no";
        if (!("requester" in request)) return "yes";
        try {
          await requirePermission(services, acl, { serverKeyId: hexToBytes(request.serverKeyId, 32), requester: request.requester });
          return "yes";
        } catch (error) {
          if (error instanceof KeyquorumError && error.code === "ACCESS_DENIED") return "no";
          if (error instanceof KeyquorumError && error.code === "PERMISSION_NOT_FINAL") return "later";
          throw error;
        }
      },
    },
    status: async () => ({ contracts: contracts.length, waiting, notKeyServerOf: [...strangers] }),
  };
};

/** One answer to one request: posted twice, it is the same transaction, until a contract that has it wants it again. */
const subjectOf = (request: ServiceRequest, data: Hex): string =>
  `${idOfRequest(request)}-${bytesToHex(keccak_256(hexToBytes(data))).slice(2, 18)}`;
