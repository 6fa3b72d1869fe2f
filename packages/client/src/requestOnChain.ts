import { type Contracts, DECISIONS, eventTopic, nameOfState, parseContractLogOf } from "@keyquorum/bindings";
import {
  encodePoint,
  G,
  type Point,
  parsePoint,
  pointFromXY,
  type RandomSource,
  randomScalar,
  SecretScalar,
  type SlotAnswer,
  ThresholdError,
  verifyShareAnswer,
} from "@keyquorum/threshold";
import {
  type Address,
  answerContextOf,
  type DocumentHeader,
  type Hash32,
  headerHashOf,
  KeyquorumError,
  type RequestId,
  ZERO_HASH,
} from "@keyquorum/wire";
import type { Chain } from "./chain.ts";
import { summaryOf } from "./chainCalls.ts";
import { type Clock, sleep } from "./clock.ts";
import type { KeeperContact } from "./committee.ts";
import type { KeyInfo } from "./keys.ts";
import { openShares } from "./openShares.ts";
import { RetrievalError } from "./outcome.ts";
import { type OnChainQuestion, type PostedRequest, postShareRequest, refreshShareRequest } from "./postShareRequest.ts";
import type { KeeperFailure, RetrievalReport, TransactionSummary } from "./types.ts";

/** What happens while a request on chain is waited for. */
export type OnChainProgress =
  | { readonly step: "requested"; readonly requestId: RequestId; readonly deadline: bigint; readonly transaction: TransactionSummary }
  | {
      readonly step: "answered";
      readonly requestId: RequestId;
      readonly slot: number;
      readonly name: string;
      readonly have: number;
      readonly need: number;
    };

/**
 * Asks for a header's content secret by a transaction and waits for the keepers' answers on chain: the auditable way, paid in gas.
 * The document must be published. Every answer is verified here too. PROTOCOL sections 5.1 to 5.3.
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
  },
  asked: {
    readonly header: DocumentHeader;
    readonly key: KeyInfo;
    readonly keepers: readonly KeeperContact[];
    readonly requester: Address;
    readonly contextHash?: Hash32 | undefined;
    readonly timeoutMs: number;
    readonly onProgress?: ((progress: OnChainProgress) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<{ readonly contentSecret: Uint8Array; readonly report: RetrievalReport; readonly transaction: TransactionSummary }> => {
  const { chain, clock, random, pollMs } = context;
  const { header, key, keepers, timeoutMs, onProgress, signal } = asked;
  const readerSecret = SecretScalar.from(randomScalar(random));
  const stopAt = clock.now() + timeoutMs;
  try {
    const question: OnChainQuestion = { ...asked, readerKey: encodePoint(G.multiply(readerSecret.reveal())) };
    let posted = await postShareRequest(context, question, signal);
    const announce = (): void =>
      onProgress?.({ step: "requested", requestId: posted.requestId, deadline: posted.deadline, transaction: summaryOf(posted.receipt) });
    announce();
    let sifted: Sifted = NOTHING;
    let lost = 0;
    for (;;) {
      if (posted.epoch !== key.epoch) {
        throw new KeyquorumError("KEY_NOT_READY", `The key moved to epoch ${posted.epoch}, which is not final yet.`, {
          details: { requestId: posted.requestId },
        });
      }
      const known = new Set(sifted.accepted.map(({ slot }) => slot));
      const answers = await tolerate(() => readAnswers(chain, posted, question, signal));
      sifted = answers === undefined ? sifted : sift(answers, question, keepers);
      for (const [index, { slot }] of sifted.accepted.entries()) {
        if (known.has(slot)) continue;
        onProgress?.({
          step: "answered",
          requestId: posted.requestId,
          slot,
          name: nameOf(keepers, slot),
          have: index + 1,
          need: key.quorum,
        });
      }
      if (sifted.accepted.length >= key.quorum) break;
      if (clock.now() >= stopAt || (await tolerate(() => isOver(chain, posted.deadline, signal))) === true)
        throw await tooFew(chain, posted, question, { sifted, keepers, signal });
      await sleep(clock, pollMs, signal);
      const now = await tolerate(() => refreshShareRequest(chain, question, posted, signal));
      if (now === undefined) continue;
      lost = now.kind === "lost" ? lost + 1 : 0;
      if (lost >= LOST_AFTER) throw lostRequest(posted, question, sifted);
      if (now.kind === "mined" && now.posted.requestId !== posted.requestId) {
        posted = now.posted;
        sifted = NOTHING;
        announce();
      }
    }
    const { contentSecret, used } = openShares({ header, key, readerSecret, answers: sifted.accepted });
    const { requestId, receipt } = posted;
    const report: RetrievalReport = { requestId, epoch: key.epoch, quorum: key.quorum, used, failed: sifted.rejected, receipts: [] };
    return { contentSecret, report, transaction: summaryOf(receipt) };
  } finally {
    readerSecret.erase();
  }
};

/** A look at the chain that may fail: the request is paid for, so it is looked at again until its time is over. */
const tolerate = async <T>(look: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await look();
  } catch (error) {
    if (error instanceof KeyquorumError && error.code === "CHAIN_UNAVAILABLE") return undefined;
    throw error;
  }
};

/** A node may lose sight of a transaction for a moment while it reorganises; so many looks in a row are no moment. */
const LOST_AFTER = 5;

const lostRequest = ({ requestId }: PostedRequest, { key }: OnChainQuestion, { accepted, rejected }: Sifted): RetrievalError =>
  new RetrievalError("UNAVAILABLE", "A reorganisation of the chain removed the request.", {
    have: accepted.length,
    need: key.quorum,
    perKeeper: rejected,
    details: { requestId },
  });

type Sifted = { readonly accepted: readonly SlotAnswer[]; readonly rejected: readonly KeeperFailure[] };
const NOTHING: Sifted = { accepted: [], rejected: [] };

const nameOf = (keepers: readonly KeeperContact[], slot: number): string =>
  keepers.find((keeper) => keeper.slot === slot)?.name ?? `keeper ${slot}`;

/** The contract verified these; the node that reports them may not be honest. */
const sift = (answers: readonly SlotAnswer[], { header, key, readerKey }: OnChainQuestion, keepers: readonly KeeperContact[]): Sifted => {
  const statement = { u: header.ciphertext.u, readerKey: parsePoint(readerKey) };
  const isGood = ({ slot, verifyingShare, context, answer }: SlotAnswer): boolean =>
    key.slots.includes(slot) && verifyShareAnswer({ ...statement, verifyingShare, context }, answer);
  const [accepted, rejected]: [SlotAnswer[], KeeperFailure[]] = [[], []];
  for (const answer of answers) {
    if (isGood(answer)) accepted.push(answer);
    else
      rejected.push({
        slot: answer.slot,
        name: nameOf(keepers, answer.slot),
        code: "INVALID_PROOF",
        reason: "The proof of its share does not verify.",
      });
  }
  return { accepted, rejected };
};

/** Answers accepted so far, as the chain's events have them. */
const readAnswers = async (
  { deployment, provider, calls }: Chain,
  { requestId, receipt }: PostedRequest,
  { header, key }: OnChainQuestion,
  signal?: AbortSignal,
): Promise<readonly SlotAnswer[]> => {
  const filter = {
    address: deployment.contracts.shareRequests,
    topics: [eventTopic("ShareAnswered"), requestId],
    fromBlock: receipt.blockNumber,
    toBlock: "latest",
  };
  const logs = await calls.read("Reading the answers", () => provider.getLogs(filter), signal);
  return logs.flatMap((log) => {
    const event = parseContractLogOf(deployment, log, "ShareAnswered");
    if (event === undefined || event.args.requestId !== requestId) return [];
    const { share, verifyingShare } = event.args;
    const slot = Number(event.args.slot);
    const context = answerContextOf({ headerHash: headerHashOf(header), requestId, keyId: key.keyId, epoch: key.epoch, slot });
    try {
      const answer = { k: pointOf(share.k), v: pointOf(share.v), c: share.c, zs: share.zs, zk: share.zk };
      return [{ slot, verifyingShare: pointOf(verifyingShare), context, answer }];
    } catch (error) {
      // The contract emits valid points only: the node made this one up.
      if (error instanceof ThresholdError) return [];
      throw error;
    }
  });
};

const pointOf = ({ x, y }: { readonly x: bigint; readonly y: bigint }): Point => pointFromXY(x, y);

const isOver = async ({ provider, calls }: Chain, deadline: bigint, signal: AbortSignal | undefined): Promise<boolean> => {
  const block = await calls.read("Reading the newest block", () => provider.getBlock("latest"), signal);
  return block !== null && BigInt(block.timestamp) > deadline;
};

/** Silence on chain has two meanings, and the contract knows which: keepers refuse, or they are not there. */
const tooFew = async (
  chain: Chain,
  { requestId }: PostedRequest,
  { header, key, requester, contextHash = ZERO_HASH }: OnChainQuestion,
  {
    sifted,
    keepers,
    signal,
  }: { readonly sifted: Sifted; readonly keepers: readonly KeeperContact[]; readonly signal: AbortSignal | undefined },
): Promise<RetrievalError> => {
  const heard = new Set([...sifted.accepted, ...sifted.rejected].map(({ slot }) => slot));
  const silent = keepers
    .filter(({ slot }) => !heard.has(slot))
    .map(({ slot, name }): KeeperFailure => ({ slot, name, code: "NO_ANSWER", reason: "It posted no answer." }));
  const perKeeper = [...sifted.rejected, ...silent].sort((a, b) => a.slot - b.slot);
  const numbers = { have: sifted.accepted.length, need: key.quorum, perKeeper, details: { requestId } };
  const { shareRequests } = chain.contracts;
  const ask = (): Promise<bigint> =>
    shareRequests.decide(header.document, headerHashOf(header), header.initialPermissions, requester, contextHash);
  const decision = nameOfState(DECISIONS, await chain.calls.read("Asking for the permission", ask, signal));
  if (decision === "Denied") return new RetrievalError("ACCESS_DENIED", "Access was taken away after the request was made.", numbers);
  if (decision !== "Permitted")
    return new RetrievalError("UNKNOWN_DOCUMENT", "The version was withdrawn after the request was made.", numbers);
  return new RetrievalError("UNAVAILABLE", `${numbers.have} of the ${numbers.need} answers needed were posted in time.`, numbers);
};
