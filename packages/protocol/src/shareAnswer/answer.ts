import { encryptShare, keccakWords, type NonceSource, type Point, type SecretScalar, type VesAnswer } from "@keyquorum/threshold";
import { answerContextOf, answerHashOf, type Hash32, hexToBytes, type Receipt } from "@keyquorum/wire";
import type { DecidedShareRequest } from "./request.ts";

/** What the reader gets, receipt still unsigned. Public. */
export type AnsweredShareRequest = {
  readonly state: "answered";
  readonly answer: VesAnswer;
  readonly slot: number;
  readonly epoch: number;
  readonly verifyingShare: Point;
  readonly path: readonly Hash32[];
  /** To be signed with the identity key of the epoch. */
  readonly receipt: Receipt;
};

/** `keyShare` and `nonceKey` (32 bytes) are secret; verifyingShare and path are those of the chain's root. */
export type ShareToAnswerWith = {
  readonly request: DecidedShareRequest;
  readonly slot: number;
  readonly keyShare: SecretScalar;
  readonly verifyingShare: Point;
  readonly path: readonly Hash32[];
  readonly nonceKey: Uint8Array;
  readonly nonces: NonceSource;
};

/**
 * Encrypts this keeper's share to the reader, with proof. Save it and its audit record, then send it. PROTOCOL section 5.2.
 * Throws ThresholdError SHARE_MISMATCH when the share is not that of the verifying share: such an answer would only accuse this keeper.
 */
export const answerShareRequest = ({
  request,
  slot,
  keyShare,
  verifyingShare,
  path,
  nonceKey,
  nonces,
}: ShareToAnswerWith): AnsweredShareRequest => {
  const { requestId, headerHash, document, requester, keyId, epoch, header, readerKey } = request;
  const context = answerContextOf({ headerHash, requestId, keyId, epoch, slot });
  const { u } = header.ciphertext;
  const statement = keccakWords(context, u, readerKey);
  const random = nonces({ purpose: "share-answer", session: hexToBytes(requestId, 32), statement, secret: keyShare });
  const answer = encryptShare({ share: keyShare, verifyingShare, u, readerKey, context, nonceKey }, random);
  const { finalBlock: finalizedBlock, headBlock } = request;
  const answerHash = answerHashOf(answer);
  const receipt = { requestId, document, headerHash, requester, keyId, epoch, slot, finalizedBlock, headBlock, answerHash };
  return { state: "answered", answer, slot, epoch, verifyingShare, path, receipt };
};
