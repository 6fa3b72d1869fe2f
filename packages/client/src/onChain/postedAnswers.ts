import { eventTopic, interfaceOf, parseContractLogOf } from "@keyquorum/bindings";
import {
  type Point,
  parsePoint,
  pointFromXY,
  type SlotAnswer,
  ThresholdError,
  type VerifiedAnswer,
  verifyAnswer,
  verifyingLeaf,
  verifyMerklePath,
} from "@keyquorum/threshold";
import { answerContextOf, answerHashOf, bytesToHex, type ChainPlace, type Hash32, hexToBytes, type RequestId } from "@keyquorum/wire";
import type { Chain } from "../chain/chain.ts";
import type { KeeperContact } from "../keys/committee.ts";
import type { KeyInfo } from "../keys/keys.ts";
import type { KeeperFailure } from "../types.ts";
import type { OnChainQuestion } from "./postShareRequest.ts";
import type { RequestContract } from "./requestContract.ts";

/** An answer as the chain's event has it, and where. */
export type PostedAnswer = SlotAnswer & { readonly place: ChainPlace };

/** An answer with a value that is no point: an optimistic one may be anything. */
export type MalformedAnswer = { readonly slot: number; readonly answer: undefined };

/** An answer that holds, and where it is. */
export type AcceptedAnswer = { readonly verified: VerifiedAnswer; readonly place: ChainPlace };

/** Answers by what they are worth. `rejected` by the order in which they came. */
export type Sifted = { readonly accepted: readonly AcceptedAnswer[]; readonly rejected: readonly KeeperFailure[] };

/** Nothing was posted. */
export const NOTHING: Sifted = { accepted: [], rejected: [] };

/** Answers to a request so far, in the order in which they came. Throws CHAIN_UNAVAILABLE. */
export const readAnswers = async (
  { deployment, provider, calls }: Chain,
  contract: RequestContract,
  asked: {
    readonly requestId: RequestId;
    readonly fromBlock: number;
    readonly headerHash: Hash32;
    readonly key: Pick<KeyInfo, "keyId" | "epoch">;
  },
  signal?: AbortSignal,
): Promise<readonly (PostedAnswer | MalformedAnswer)[]> => {
  const { requestId, fromBlock, headerHash, key } = asked;
  const filter = { address: contract.address, topics: [eventTopic("ShareAnswered"), requestId], fromBlock, toBlock: "latest" };
  const logs = await calls.read("Reading the answers", () => provider.getLogs(filter), signal);
  return logs.flatMap((log): readonly (PostedAnswer | MalformedAnswer)[] => {
    const event = parseContractLogOf(deployment, log, "ShareAnswered");
    if (event === undefined || event.contract !== contract.name || event.args.requestId !== requestId) return [];
    const { share, verifyingShare } = event.args;
    const slot = Number(event.args.slot);
    const context = answerContextOf({ headerHash, requestId, keyId: key.keyId, epoch: key.epoch, slot });
    try {
      const answer = { k: pointOf(share.k), v: pointOf(share.v), c: share.c, zs: share.zs, zk: share.zk };
      const place = { transaction: log.transactionHash as Hash32, blockNumber: log.blockNumber, blockHash: log.blockHash as Hash32 };
      return [{ slot, verifyingShare: pointOf(verifyingShare), context, answer, place }];
    } catch (error) {
      if (!(error instanceof ThresholdError)) throw error;
      // ShareRequests emits valid points only: there the node made this one up.
      return contract.mode === "optimistic" ? [{ slot, answer: undefined }] : [];
    }
  });
};

/**
 * Verifies answers once more: ShareRequests did so, but the node that reports them may not be honest; OptimisticRequests looks at no proof. What an
 * earlier look verified is not verified again.
 * Throws CHAIN_UNAVAILABLE.
 */
export const siftAnswers = async (
  chain: Chain,
  contract: RequestContract,
  options: {
    readonly answers: readonly (PostedAnswer | MalformedAnswer)[];
    readonly question: OnChainQuestion;
    readonly requestId: RequestId;
    readonly keepers: readonly KeeperContact[];
    /** What the look before this one accepted. */
    readonly known?: readonly AcceptedAnswer[];
    readonly signal: AbortSignal | undefined;
  },
): Promise<Sifted> => {
  const { answers, question, requestId, keepers, known = [], signal } = options;
  const { header, key, readerKey } = question;
  const asked = { u: header.ciphertext.u, readerKey: parsePoint(readerKey) };
  const [accepted, rejected]: [AcceptedAnswer[], KeeperFailure[]] = [[], []];
  for (const answer of answers) {
    const { slot } = answer;
    const reject = (code: string, reason: string, convicts: boolean): void => {
      const evidence = convicts ? { evidence: { format: "keyquorum-posted-fault", requestId, slot } as const } : {};
      rejected.push({ slot, name: nameOf(keepers, slot), code, reason, ...evidence });
    };
    if (answer.answer === undefined) {
      reject("INVALID_POINT", "Its answer contains a value that is not a point of the curve.", true);
      continue;
    }
    const earlier = known.find((one) => isSameAnswer(one, answer));
    if (earlier !== undefined) {
      accepted.push(earlier);
      continue;
    }
    const isShareOf = contract.mode === "verified" || (await isShareOfSlot(chain, answer, key, signal));
    const verified = key.slots.includes(slot) && isShareOf ? verifyAnswer(asked, answer) : undefined;
    if (!key.slots.includes(slot) || !isShareOf)
      reject("INVALID_MERKLE_PATH", "Its verifying share is not the one that the key's root commits to.", false);
    else if (verified !== undefined) accepted.push({ verified, place: answer.place });
    else reject("INVALID_PROOF", "The proof of its share does not verify.", contract.mode === "optimistic");
  }
  return { accepted, rejected };
};

/** Whether an answer is the one that was accepted, value by value and in the same place: a node may say something else at each look. */
const isSameAnswer = ({ verified, place }: AcceptedAnswer, answer: PostedAnswer): boolean =>
  verified.slot === answer.slot &&
  place.transaction === answer.place.transaction &&
  place.blockHash === answer.place.blockHash &&
  verified.verifyingShare.equals(answer.verifyingShare) &&
  bytesToHex(verified.context) === bytesToHex(answer.context) &&
  answerHashOf(verified.answer) === answerHashOf(answer.answer);

/**
 * Whether an optimistic answer's verifying share is in the key's root, by the path that its transaction carries. True where the keeper posted it
 * by way of another contract: the path is then out of sight, and combining still compares the shares with the key.
 */
const isShareOfSlot = async (
  { provider, calls }: Chain,
  { slot, verifyingShare, place }: PostedAnswer,
  key: KeyInfo,
  signal: AbortSignal | undefined,
): Promise<boolean> => {
  const transaction = await calls.read("Reading an answer", () => provider.getTransaction(place.transaction), signal);
  const path = transaction === null ? undefined : pathIn(transaction.data);
  if (path === undefined) return true;
  const leaf = verifyingLeaf({ keyId: hexToBytes(key.keyId), epoch: key.epoch, slot, verifyingShare });
  const index = key.slots.indexOf(slot);
  return index >= 0 && verifyMerklePath({ leaf, index, count: key.slots.length, path, root: hexToBytes(key.verifyingRoot) });
};

const pathIn = (data: string): readonly Uint8Array[] | undefined => {
  try {
    const [, answer] = interfaceOf("optimisticRequests").decodeFunctionData("answer", data);
    return [...answer.path].map((hash: string) => hexToBytes(hash.toLowerCase(), 32));
  } catch {
    return undefined; // not a direct call
  }
};

/** A keeper's name, or "keeper <slot>". */
export const nameOf = (keepers: readonly KeeperContact[], slot: number): string =>
  keepers.find((keeper) => keeper.slot === slot)?.name ?? `keeper ${slot}`;

const pointOf = ({ x, y }: { readonly x: bigint; readonly y: bigint }): Point => pointFromXY(x, y);
