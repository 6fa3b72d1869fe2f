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
import type { Chain } from "../chain.ts";
import { summaryOf } from "../chainCalls.ts";
import { scanPublished } from "../documents/published.ts";
import { findRequest, type OnChainRequest, statementWords } from "../requests/findRequest.ts";
import type { TransactionSummary } from "../types.ts";

/** A keeper that was convicted, and by which transaction. */
export type ProvedFault = {
  readonly requestId: RequestId;
  readonly slot: number;
  readonly reason: VesFraudReason;
  readonly transaction: TransactionSummary;
};

/**
 * Proves a posted answer to an optimistic request wrong: the keeper is recorded at fault and its fee is forfeited. Anyone may, until the window is
 * over. All that is needed is read from the chain. PROTOCOL section 5.5.
 *
 * Throws UNKNOWN_REQUEST, UNKNOWN_DOCUMENT, NOTHING_TO_PROVE (the answer is right, or there is none), TRANSACTION_REFUSED (the window is over, the
 * fault is proved already), CHAIN_UNAVAILABLE.
 */
export const challengeAnswer = async (
  { chain, contracts }: { readonly chain: Chain; readonly contracts: Contracts },
  { requestId, slot }: { readonly requestId: RequestId; readonly slot: number },
  signal?: AbortSignal,
): Promise<ProvedFault> => {
  const request = await findRequest(chain, parseRequestId(requestId), signal);
  if (request.contract.mode !== "optimistic")
    throw new KeyquorumError("NOTHING_TO_PROVE", "ShareRequests verifies answers when they are posted: none of them is wrong.", {
      details: { requestId },
    });
  const [{ share, verifyingShare }, header] = await Promise.all([
    readPosted(chain, request, slot, signal),
    readHeader(chain, request, signal),
  ]);
  const { statement, keyId, epoch } = request;
  const fraud = vesFraudEvidence(
    {
      verifyingShare: pointFromXY(verifyingShare.x, verifyingShare.y),
      u: header.ciphertext.u,
      readerKey: parsePoint(statement.readerKey),
      context: answerContextOf({ headerHash: statement.headerHash, requestId, keyId, epoch, slot }),
    },
    share,
  );
  if (fraud === undefined)
    throw new KeyquorumError("NOTHING_TO_PROVE", `The answer of slot ${slot} is right.`, { details: { requestId, slot } });
  const challenge = {
    slot,
    verifyingShare,
    share,
    u: toXY(header.ciphertext.u),
    headerRest: headerRestOf(header),
    witnesses: fraud.witnesses,
  };
  const send = async () => {
    const { challenge: method } = contracts.optimisticRequests;
    // More than the estimate: looking for the answer costs more when another one is posted in between.
    const gas = await method.estimateGas(requestId, statementWords(statement), challenge);
    return method(requestId, statementWords(statement), challenge, { gasLimit: gas + gas / 5n });
  };
  return { requestId, slot, reason: fraud.reason, transaction: summaryOf(await chain.calls.transact("The challenge", send, signal)) };
};

/** The answer word by word: it may hold anything. */
const readPosted = async (
  { deployment, provider, calls }: Chain,
  { requestId, contract, place }: OnChainRequest,
  slot: number,
  signal: AbortSignal | undefined,
): Promise<ContractEventOf<"ShareAnswered">["args"]> => {
  if (!Number.isSafeInteger(slot) || slot < 1 || slot > 255)
    throw new KeyquorumError("INVALID_VALUE", "A slot is a whole number from 1 to 255.");
  const topics = [eventTopic("ShareAnswered"), requestId, zeroPadValue(toBeHex(slot), 32)];
  const filter = { address: contract.address, topics, fromBlock: place.blockNumber, toBlock: "latest" };
  for (const log of await calls.read("Reading the answer", () => provider.getLogs(filter), signal)) {
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
