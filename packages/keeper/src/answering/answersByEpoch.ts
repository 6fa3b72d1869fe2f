import { keccakWords } from "@keyquorum/threshold";
import type { AnswerStore, StoredAnswer } from "@keyquorum/vault";
import { bytesToHex, hexToBytes, parseRequestId, type RequestId } from "@keyquorum/wire";

/** A request, and the epoch that it is answered in. */
export type AskedInEpoch = { readonly requestId: RequestId; readonly epoch: number };

/**
 * Answers to one request in different epochs, each kept and given again by itself. The epoch is no part of what a reader signs: who asked while a key
 * was handed over may ask again in the later epoch without signing anew. The first answer has the request's own id in the vault, which refuses
 * another header under it; one of another epoch has an id that is made of both.
 */
export const findAnswerIn = async (answers: Pick<AnswerStore, "find">, asked: AskedInEpoch): Promise<StoredAnswer | undefined> => {
  const first = await answers.find(asked.requestId);
  return first === undefined || epochOf(first) === asked.epoch ? first : answers.find(idIn(asked));
};

/** Saves the first answer in an epoch and gives the stored one. Throws ANSWER_CONFLICT for another header. */
export const saveAnswerIn = async (
  answers: Pick<AnswerStore, "save">,
  asked: AskedInEpoch,
  answer: Omit<StoredAnswer, "createdAt" | "requestId">,
): Promise<StoredAnswer> => {
  const first = await answers.save({ ...answer, requestId: asked.requestId });
  return epochOf(first) === asked.epoch ? first : answers.save({ ...answer, requestId: idIn(asked) });
};

/** The receipt is the body of an answer, as this keeper wrote it. */
const epochOf = ({ receipt }: StoredAnswer): number => (JSON.parse(receipt) as { readonly epoch: number }).epoch;

const idIn = ({ requestId, epoch }: AskedInEpoch): RequestId =>
  parseRequestId(bytesToHex(keccakWords(hexToBytes(requestId, 32), BigInt(epoch))));
