import type { Contracts } from "@keyquorum/bindings";
import { backend, encodePoint, type RandomSource, randomScalar, SecretScalar } from "@keyquorum/threshold";
import { type Address, type DocumentHeader, type Hash32, headerHashOf, KeyquorumError, ZERO_HASH } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import { challengeCost } from "../evidence/challenge.ts";
import { offerChallenges } from "../evidence/offerChallenges.ts";
import type { RetrievalRecord } from "../evidence/record.ts";
import { type KeeperContact, readCommittee } from "../keys/committee.ts";
import { type KeyInfo, readKeyIn, readKeyNow } from "../keys/keys.ts";
import type { RetrievalListener } from "../read/events.ts";
import { openShares } from "../read/openShares.ts";
import { type Clock, sleep } from "../time/clock.ts";
import type { RetrievalReport, TransactionSummary } from "../types.ts";
import { lostRequest, tooFewAnswers } from "./onChainOutcome.ts";
import { NOTHING, nameOf, readAnswers, type Sifted, siftAnswers } from "./postedAnswers.ts";
import { type OnChainQuestion, type PostedRequest, postShareRequest, refreshShareRequest } from "./postShareRequest.ts";
import type { RequestContract } from "./requestContract.ts";
import { keepInFlight, nameOfRequest, type RequestInFlight, type RequestsInFlight, takeInFlight } from "./requestsInFlight.ts";

type ReadOnChain = { readonly contentSecret: Uint8Array; readonly report: RetrievalReport; readonly transaction: TransactionSummary };

/**
 * Requests a header's content secret by a transaction and waits for the keepers' answers on chain. This way is auditable and costs gas and the
 * contract's price. The document must be published. Every answer is verified here too. An optimistic request needs q valid answers; wrong ones are
 * reported with the evidence against their keepers. The request is served in the epoch that it pinned, even if the key moves to another epoch
 * before it is answered. PROTOCOL sections 3.9, 5.1 to 5.3 and 5.5.
 *
 * Throws ACCESS_DENIED (the permissions contract says no, before or while keepers answer), UNKNOWN_DOCUMENT, TRANSACTION_REFUSED,
 * CHAIN_UNAVAILABLE, and RetrievalError UNAVAILABLE when the deadline or `timeoutMs` passes without q answers; the signal's reason.
 */
export const requestOnChain = async (
  context: {
    readonly chain: Chain;
    /** Connected to the reader's signer. */
    readonly contracts: Contracts;
    readonly clock: Clock;
    readonly random: RandomSource;
    readonly pollMs: number;
    /** What earlier calls left: the same request continues where it was left, and is not paid for twice. */
    readonly inFlight?: RequestsInFlight;
  },
  asked: {
    readonly contract: RequestContract;
    readonly header: DocumentHeader;
    readonly key: KeyInfo;
    readonly keepers: readonly KeeperContact[];
    readonly requester: Address;
    readonly contextHash?: Hash32 | undefined;
    readonly agreement?: OnChainQuestion["agreement"];
    readonly timeoutMs: number;
    readonly onEvent?: RetrievalListener | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<ReadOnChain> => {
  const { chain, clock, random, pollMs, inFlight = new Map() } = context;
  const { contract, header, timeoutMs, onEvent, signal } = asked;
  const name = nameOfRequest(asked);
  const earlier = takeInFlight(inFlight, name);
  const flight: RequestInFlight = earlier ?? { readerSecret: SecretScalar.from(randomScalar(random)), fee: undefined, posted: undefined };
  const { readerSecret } = flight;
  const stopAt = clock.now() + timeoutMs;
  let isSettled = false;
  try {
    let question: OnChainQuestion = { ...asked, readerKey: encodePoint(backend.mulG(readerSecret.reveal())) };
    let { keepers } = asked;
    const post = (): Promise<PostedRequest> =>
      postShareRequest(context, question, { attempt: flight, signal, limitMs: Math.max(0, stopAt - clock.now()) }).catch(
        (error: unknown) => {
          isSettled = isRefused(error);
          if (isSettled) flight.fee = undefined;
          throw error;
        },
      );
    let posted =
      flight.posted ??
      (await post().catch(async (error: unknown) => {
        // The key moved to an epoch with another q, which is not final yet.
        if (!isWrongFee(error)) throw error;
        question = { ...question, key: await readKeyNow(chain, question.key, signal) };
        isSettled = false;
        return post();
      }));
    flight.posted = posted;
    const announce = (): void => {
      const { requestId, deadline, fee, receipt } = posted;
      onEvent?.({ kind: "requested", requestId, deadline, fee, transaction: summaryOf(receipt) });
    };
    announce();
    let knownEpoch = asked.key.epoch;
    let sifted: Sifted = NOTHING;
    let lost = 0;
    for (;;) {
      const { requestId, epoch } = posted;
      // A request is served in the epoch that it pinned, whatever the key does meanwhile.
      const holders = knownEpoch === epoch ? undefined : await tolerate(() => readHolders(chain, question.key, epoch, signal));
      if (holders !== undefined) {
        question = { ...question, key: holders.key };
        keepers = holders.keepers;
        knownEpoch = epoch;
      }
      const { key } = question;
      const before = sifted;
      sifted =
        (knownEpoch === epoch
          ? await tolerate(() => look(chain, { posted, question, keepers, known: before.accepted, signal }))
          : undefined) ?? before;
      tell(sifted, before, { keepers, need: key.quorum, onEvent });
      if (sifted.accepted.length >= key.quorum) break;
      isSettled = (await tolerate(() => isOver(chain, posted.deadline, signal))) === true;
      if (isSettled && earlier?.posted !== undefined) break; // nobody answers it any more: what was asked now is asked again
      if (isSettled || clock.now() >= stopAt) throw await tooFewAnswers(chain, question, { requestId, sifted, keepers, signal });
      await sleep(clock, pollMs, signal);
      const now = await tolerate(() => refreshShareRequest(chain, question, posted, signal));
      if (now === undefined) continue;
      lost = now.kind === "lost" ? lost + 1 : 0;
      if (lost >= LOST_AFTER) {
        isSettled = true;
        throw lostRequest(posted, question, sifted);
      }
      if (now.kind === "mined" && now.posted.requestId !== requestId) {
        posted = now.posted;
        flight.posted = posted;
        sifted = NOTHING;
        announce();
      }
    }
    if (isSettled) return await requestOnChain(context, { ...asked, timeoutMs: Math.max(0, stopAt - clock.now()) });
    const read = await openRequest(context, { contract, header, readerSecret, posted, question, sifted, onEvent, signal });
    isSettled = true;
    return read;
  } finally {
    // The key that opens what is paid for, or may be, is kept until it is known what became of it: the same call continues with it.
    if (isSettled || flight.fee === undefined) readerSecret.erase();
    else keepInFlight(inFlight, name, flight);
  }
};

/** Combines a quorum of verified answers, and offers the challenges of those that were rejected. */
const openRequest = async (
  { chain, contracts }: { readonly chain: Chain; readonly contracts: Contracts },
  read: {
    readonly contract: RequestContract;
    readonly header: DocumentHeader;
    readonly readerSecret: SecretScalar;
    readonly posted: PostedRequest;
    readonly question: OnChainQuestion;
    readonly sifted: Sifted;
    readonly onEvent: RetrievalListener | undefined;
    readonly signal: AbortSignal | undefined;
  },
): Promise<ReadOnChain> => {
  const { contract, header, readerSecret, posted, question, sifted, onEvent, signal } = read;
  const { key } = question;
  const { contentSecret, used } = openShares({ header, key, readerSecret, answers: sifted.accepted.map(({ verified }) => verified) });
  const { requestId, receipt } = posted;
  onEvent?.({ kind: "combined", requestId, used });
  const record = recordOf(contract, posted, question, sifted);
  const challenges = await offerChallenges(sifted.rejected, {
    deadline: posted.deadline,
    window: () => chain.calls.read("Reading the challenge window", () => chain.contracts.optimisticRequests.challengeWindow(), signal),
    estimate: (evidence) => challengeCost(chain, contracts, evidence, signal),
  });
  const report = { requestId, epoch: key.epoch, quorum: key.quorum, used, failed: sifted.rejected, challenges, receipts: [], record };
  return { contentSecret, report, transaction: summaryOf(receipt) };
};

/** After these nothing of it is on its way: the chain, the account or its wallet said no. */
const isRefused = (error: unknown): boolean =>
  error instanceof KeyquorumError &&
  ["TRANSACTION_REFUSED", "TRANSACTION_REPLACED", "TRANSACTION_CANCELLED", "ACTION_REJECTED", "ACCESS_DENIED", "UNKNOWN_DOCUMENT"].includes(
    error.code,
  );

/** The price per answer and q make the fee: it is wrong when one of them changed meanwhile. */
const isWrongFee = (error: unknown): boolean => error instanceof KeyquorumError && error.details.error === "RequestWrongFee";

/** Who serves a request that pinned this epoch. */
const readHolders = async (
  chain: Chain,
  key: KeyInfo,
  epoch: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly key: KeyInfo; readonly keepers: readonly KeeperContact[] }> => {
  const pinned = await readKeyIn(chain, key, epoch, signal);
  return { key: pinned, keepers: await readCommittee(chain, pinned, signal) };
};

/** A look at the chain that may fail: the request is paid for, so it is looked at again until its time is over. */
const tolerate = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KeyquorumError && error.code === "CHAIN_UNAVAILABLE") return undefined;
    throw error;
  }
};

/** A node may lose sight of a transaction for a moment while it reorganises; so many looks in a row are no moment. */
const LOST_AFTER = 5;

const look = async (
  chain: Chain,
  options: {
    readonly posted: PostedRequest;
    readonly question: OnChainQuestion;
    readonly keepers: readonly KeeperContact[];
    readonly known: Sifted["accepted"];
    readonly signal: AbortSignal | undefined;
  },
): Promise<Sifted> => {
  const { posted, question, keepers, known, signal } = options;
  const { requestId, receipt } = posted;
  const { contract, header, key } = question;
  const asked = { requestId, fromBlock: receipt.blockNumber, headerHash: headerHashOf(header), key };
  const answers = await readAnswers(chain, contract, asked, signal);
  return siftAnswers(chain, contract, { answers, question, requestId, keepers, known, signal });
};

const slotsOf = ({ accepted }: Sifted): readonly number[] => accepted.map(({ verified }) => verified.slot);

/** Says what is new since the last look. */
const tell = (
  now: Sifted,
  before: Sifted,
  {
    keepers,
    need,
    onEvent,
  }: { readonly keepers: readonly KeeperContact[]; readonly need: number; readonly onEvent: RetrievalListener | undefined },
): void => {
  const known = new Set([...slotsOf(before), ...before.rejected.map(({ slot }) => slot)]);
  for (const failure of now.rejected) if (!known.has(failure.slot)) onEvent?.({ kind: "rejected", ...failure });
  for (const [index, slot] of slotsOf(now).entries())
    if (!known.has(slot)) onEvent?.({ kind: "answered", slot, name: nameOf(keepers, slot), have: index + 1, need });
};

const recordOf = (
  { address }: RequestContract,
  { number, receipt }: PostedRequest,
  { header, key, requester, readerKey, contextHash = ZERO_HASH }: OnChainQuestion,
  { accepted }: Sifted,
): RetrievalRecord => {
  const place = { transaction: receipt.hash as Hash32, blockNumber: receipt.blockNumber, blockHash: receipt.blockHash as Hash32 };
  return {
    kind: "chain",
    key,
    contract: address,
    header,
    request: { number, requester, readerKey, contextHash, ...place },
    answers: accepted.map(({ verified: { slot, verifyingShare, answer }, place: answered }) => ({
      slot,
      verifyingShare,
      answer,
      ...answered,
    })),
  };
};

const isOver = async ({ provider, calls }: Chain, deadline: bigint, signal: AbortSignal | undefined): Promise<boolean> => {
  const block = await calls.read("Reading the newest block", () => provider.getBlock("latest"), signal);
  return block !== null && BigInt(block.timestamp) > deadline;
};
