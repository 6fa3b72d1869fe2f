import { type Contracts, parseContractLogOf } from "@keyquorum/bindings";
import { IServiceAgreement__factory } from "@keyquorum/bindings/policies";
import { parsePoint, toXY } from "@keyquorum/threshold";
import {
  type Address,
  type DocumentHeader,
  type Hash32,
  headerHashOf,
  KeyquorumError,
  type RequestId,
  requestIdOf,
  ZERO_HASH,
} from "@keyquorum/wire";
import type { TransactionReceipt } from "ethers";
import type { Chain } from "../chain/chain.ts";
import type { KeyInfo } from "../keys/keys.ts";
import type { RequestContract } from "./requestContract.ts";

/** What is asked on chain, of which contract, and by whom. `readerKey` is compressed: 33 bytes. All public. */
export type OnChainQuestion = {
  readonly contract: RequestContract;
  readonly header: DocumentHeader;
  readonly key: KeyInfo;
  readonly requester: Address;
  readonly readerKey: Uint8Array;
  readonly contextHash?: Hash32 | undefined;
  /** The ServiceAgreement that asks, which is the requester then; `price` in wei is paid into its escrow. */
  readonly agreement?: { readonly address: Address; readonly price: bigint } | undefined;
};

/** A request as the chain recorded it. */
export type PostedRequest = {
  readonly requestId: RequestId;
  /** Its place among the contract's requests. */
  readonly number: bigint;
  /** Wei that were sent to the keepers with it. */
  readonly fee: bigint;
  readonly epoch: number;
  /** Seconds of block time. */
  readonly deadline: bigint;
  readonly receipt: TransactionReceipt;
};

/**
 * Sends the transaction that asks for shares. PROTOCOL section 5.1. `attempt.fee` is set before anything is sent, and used where it is set already.
 * Throws ACCESS_DENIED (the permissions contract says no), UNKNOWN_DOCUMENT, TRANSACTION_REFUSED, CHAIN_UNAVAILABLE.
 */
export const postShareRequest = async (
  { chain, contracts }: { readonly chain: Chain; readonly contracts: Contracts },
  question: OnChainQuestion,
  {
    attempt,
    signal,
    limitMs,
  }: { readonly attempt: { fee: bigint | undefined }; readonly signal: AbortSignal | undefined; readonly limitMs: number },
): Promise<PostedRequest> => {
  const { header, key, contract } = question;
  const fee = attempt.fee ?? (await readPrice(chain, contract, signal)) * BigInt(key.quorum);
  attempt.fee = fee;
  const readerKey = toXY(parsePoint(question.readerKey));
  const names = [header.document, headerHashOf(header), readerKey] as const;
  const { agreement } = question;
  const send = () =>
    agreement === undefined
      ? contracts[contract.name].request(...names, question.contextHash ?? ZERO_HASH, { value: fee })
      : IServiceAgreement__factory.connect(agreement.address, contracts.shareRequests.runner).open(...names, {
          value: agreement.price + fee,
        });
  const receipt = await chain.calls.transact("The request", send, signal, { limitMs }).catch((error: unknown) => {
    throw refusalOf(error, header);
  });
  const posted = findRequest(chain, question, receipt, fee);
  if (posted !== undefined) return posted;
  throw new KeyquorumError("CHAIN_UNAVAILABLE", "The transaction was mined, but the request is not in its receipt.", {
    details: { transaction: receipt.hash },
  });
};

/** Wei per answer. Throws CHAIN_UNAVAILABLE. */
export const readPrice = (chain: Chain, { name }: RequestContract, signal?: AbortSignal): Promise<bigint> =>
  chain.calls.read("Reading the price", () => chain.contracts[name].price(), signal);

/**
 * The request as the chain has it now: a reorganisation can mine the transaction again in another place, under another number and id, make it
 * wait again, or drop it. Throws CHAIN_UNAVAILABLE.
 */
export const refreshShareRequest = async (
  chain: Chain,
  question: OnChainQuestion,
  { receipt, fee }: PostedRequest,
  signal?: AbortSignal,
): Promise<{ readonly kind: "mined"; readonly posted: PostedRequest } | { readonly kind: "waiting" | "lost" }> => {
  const { calls, provider } = chain;
  const now = await calls.read("Reading the request", () => provider.getTransactionReceipt(receipt.hash), signal);
  const posted = now === null ? undefined : findRequest(chain, question, now, fee);
  if (posted !== undefined) return { kind: "mined", posted };
  if (now !== null) return { kind: "lost" };
  const pending = await calls.read("Reading the request", () => provider.getTransaction(receipt.hash), signal);
  return { kind: pending === null ? "lost" : "waiting" };
};

const findRequest = (
  { deployment }: Chain,
  question: OnChainQuestion,
  receipt: TransactionReceipt,
  fee: bigint,
): PostedRequest | undefined => {
  const { contract, header, requester, readerKey, contextHash = ZERO_HASH } = question;
  for (const log of receipt.logs) {
    const event = parseContractLogOf(deployment, log, "SharesRequested");
    if (event === undefined || event.contract !== contract.name) continue;
    const { number, epoch, deadline } = event.args;
    const statement = { number, document: header.document, headerHash: headerHashOf(header), requester, readerKey, contextHash };
    const requestId = requestIdOf({ chainId: deployment.chainId, shareRequests: contract.address, statement });
    if (requestId === event.args.requestId) return { requestId, number, fee, epoch: Number(epoch), deadline, receipt };
  }
  return undefined;
};

/** The two refusals that readers meet have codes of their own. */
const refusalOf = (error: unknown, header: DocumentHeader): unknown => {
  if (!(error instanceof KeyquorumError) || error.code !== "TRANSACTION_REFUSED") return error;
  const details = { document: header.document };
  switch (error.details.error) {
    case "RequestDenied":
      return new KeyquorumError("ACCESS_DENIED", undefined, { details, cause: error });
    case "RequestUnknownDocument":
      return new KeyquorumError("UNKNOWN_DOCUMENT", undefined, { details, cause: error });
    default:
      return error;
  }
};
