import { type ContractEventOf, type Contracts, eventTopic, parseContractLog } from "@keyquorum/bindings";
import { parsePoint, pointFromXY, toXY, type VesFraudReason, vesFraudEvidence } from "@keyquorum/threshold";
import {
  answerContextOf,
  type DocumentHeader,
  headerHashOf,
  headerRestOf,
  KeyquorumError,
  parseRequestId,
  type RequestId,
} from "@keyquorum/wire";
import { toBeHex, zeroPadValue } from "ethers";
import { action } from "../action.ts";
import type { Client } from "../bareClient.ts";
import type { Chain } from "../chain/chain.ts";
import { summaryOf } from "../chain/chainCalls.ts";
import { scanLogs } from "../chain/logs.ts";
import { scanPublished } from "../documents/published.ts";
import { wholeNumber } from "../numbers.ts";
import { findRequest, type OnChainRequest, statementWords } from "../onChain/findRequest.ts";
import type { CallOptions } from "../options.ts";
import type { TransactionSummary } from "../types.ts";
import type { PostedEvidence } from "./evidence.ts";

/** A keeper that was convicted, and by which transaction. */
export type ProvedFault = {
  readonly requestId: RequestId;
  readonly slot: number;
  readonly reason: VesFraudReason;
  readonly transaction: TransactionSummary;
};

/** What the challenge of an answer takes: who sends it pays the gas, and nobody is paid for it. */
export type ChallengeCost = {
  readonly requestId: RequestId;
  readonly slot: number;
  readonly reason: VesFraudReason;
  /** The node's estimate. */
  readonly gas: bigint;
  /** At the current gas price. */
  readonly wei: bigint;
};

/** Which answer to an optimistic request: `report.challenges[i].evidence`, or any request id and slot. */
type Posted = PostedEvidence | { readonly requestId: RequestId | string; readonly slot: number };

type Answer = { readonly requestId: RequestId; readonly slot: number };

/**
 * Proves a posted answer to an optimistic request wrong: the keeper is recorded at fault and its fee goes to the next answer that stands, or back to who
 * asked; who challenges is not paid. Anyone may, until the window is over. All that is needed is read from the chain. PROTOCOL section 5.5.
 *
 * Throws NO_SIGNER, UNKNOWN_REQUEST, UNKNOWN_DOCUMENT, NOTHING_TO_PROVE (the answer is right, or there is none), TRANSACTION_REFUSED (the window is over, the
 * fault is proved already), CHAIN_UNAVAILABLE.
 */
export const challenge = action("challenge", async (client: Client, posted: Posted, { signal }: CallOptions = {}): Promise<ProvedFault> => {
  const answer = answerOf(posted);
  const { contracts } = await client.signing(signal);
  const { reason, words } = await prepareChallenge(client, answer, signal);
  const send = async () => {
    const { challenge: method } = contracts.optimisticRequests;
    // More than the estimate: looking for the answer costs more when another one is posted in between.
    const gas = await method.estimateGas(...words);
    return method(...words, { gasLimit: gas + gas / 5n });
  };
  return { ...answer, reason, transaction: summaryOf(await client.calls.transact("The challenge", send, signal)) };
});

/** Returns what `challenge` would cost the signer's account now, without sending anything. Throws as `challenge`. */
export const estimateChallenge = action(
  "estimateChallenge",
  async (client: Client, posted: Posted, { signal }: CallOptions = {}): Promise<ChallengeCost> => {
    const answer = answerOf(posted);
    return challengeCost(client, (await client.signing(signal)).contracts, answer, signal);
  },
);

const answerOf = ({ requestId, slot }: Posted): Answer => ({
  requestId: parseRequestId(requestId),
  slot: wholeNumber("slot", slot, [1, 255]),
});

/** Estimates a challenge by the account of `contracts`. */
export const challengeCost = async (chain: Chain, contracts: Contracts, answer: Answer, signal?: AbortSignal): Promise<ChallengeCost> => {
  const { reason, words } = await prepareChallenge(chain, answer, signal);
  const estimate = (): Promise<bigint> => contracts.optimisticRequests.challenge.estimateGas(...words);
  const gas = await chain.calls.read("Estimating the challenge", estimate, signal);
  const { gasPrice } = await chain.calls.read("Reading the gas price", () => chain.provider.getFeeData(), signal);
  return { ...answer, reason, gas, wei: gas * (gasPrice ?? 0n) };
};

/** The challenge as the contract takes it, from what the chain holds. */
const prepareChallenge = async (chain: Chain, { requestId, slot }: Answer, signal: AbortSignal | undefined) => {
  const request = await findRequest(chain, requestId, signal);
  if (request.contract.mode !== "optimistic")
    throw new KeyquorumError("NOTHING_TO_PROVE", "ShareRequests verifies answers when they are posted, so none of them can be wrong.", {
      details: { requestId },
    });
  const [{ share, verifyingShare }, header] = await Promise.all([
    readPosted(chain, request, slot, signal),
    readHeader(chain, request, signal),
  ]);
  const { statement, keyId, epoch } = request;
  const { u } = header.ciphertext;
  const fraud = vesFraudEvidence(
    {
      verifyingShare: pointFromXY(verifyingShare.x, verifyingShare.y),
      u,
      readerKey: parsePoint(statement.readerKey),
      context: answerContextOf({ headerHash: statement.headerHash, requestId, keyId, epoch, slot }),
    },
    share,
  );
  if (fraud === undefined)
    throw new KeyquorumError("NOTHING_TO_PROVE", `The answer of slot ${slot} is right.`, { details: { requestId, slot } });
  const evidence = { slot, verifyingShare, share, u: toXY(u), headerRest: headerRestOf(header), witnesses: fraud.witnesses };
  return { reason: fraud.reason, words: [requestId, statementWords(statement), evidence] as const };
};

/** The answer word by word: it may hold anything. */
const readPosted = async (
  chain: Chain,
  { requestId, contract, place }: OnChainRequest,
  slot: number,
  signal: AbortSignal | undefined,
): Promise<ContractEventOf<"ShareAnswered">["args"]> => {
  const topics = [eventTopic("ShareAnswered"), requestId, zeroPadValue(toBeHex(slot), 32)];
  const { deployment, provider, calls } = chain;
  const toBlock = await calls.read("Reading the block number", () => provider.getBlockNumber(), signal);
  const query = { address: contract.address, topics, fromBlock: place.blockNumber, toBlock };
  for await (const log of scanLogs({ ...chain, signal }, query)) {
    const event = parseContractLog(deployment, log);
    if (event?.name === "ShareAnswered" && event.contract === contract.name && event.args.requestId === requestId) return event.args;
  }
  throw new KeyquorumError("NOTHING_TO_PROVE", `Slot ${slot} has posted no answer to this request.`, { details: { requestId, slot } });
};

const readHeader = async (chain: Chain, { statement }: OnChainRequest, signal: AbortSignal | undefined): Promise<DocumentHeader> => {
  for await (const { header } of scanPublished(chain, { document: statement.document, signal }))
    if (headerHashOf(header) === statement.headerHash) return header;
  throw new KeyquorumError("UNKNOWN_DOCUMENT", undefined, { details: { document: statement.document } });
};
