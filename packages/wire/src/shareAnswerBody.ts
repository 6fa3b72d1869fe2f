import { encodePoint, encodeVesAnswer, type Point, parsePoint, parseVesAnswer, type VesAnswer } from "@keyquorum/threshold";
import { checkField, checkSchema } from "./checkSchema.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { type Hash32, parseAddress, parseDocumentId, parseHash32, parseKeyId, parseRequestId } from "./ids.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { answerHashOf } from "./names.ts";
import type { SignedReceipt } from "./receipt.ts";
import { AddressText, AnswerText, Epoch, exactly, Hash32Text, PointText, SignatureText, Slot } from "./schemas.ts";

/** Longest Merkle path of a verifying share: 64 members need 6. */
const MAX_PATH = 8;

/** A receipt with its signature as JSON. */
export const ReceiptBody = exactly({
  requestId: Hash32Text,
  document: Hash32Text,
  headerHash: Hash32Text,
  requester: AddressText,
  keyId: Hash32Text,
  epoch: Epoch,
  slot: Slot,
  finalizedBlock: Hash32Text,
  headBlock: Hash32Text,
  answerHash: Hash32Text,
  signature: SignatureText,
});
export type ReceiptBody = Static<typeof ReceiptBody>;

/** Answer to POST /v1/share-requests. */
export const ShareAnswerBody = exactly({
  slot: Slot,
  epoch: Epoch,
  verifyingShare: PointText,
  path: Type.Array(Hash32Text, { maxItems: MAX_PATH }),
  answer: AnswerText,
  receipt: ReceiptBody,
});
export type ShareAnswerBody = Static<typeof ShareAnswerBody>;

/** One keeper's answer: its encrypted share with proof, where its verifying share stands in the key's root, and the receipt. */
export type ShareAnswer = {
  readonly slot: number;
  readonly epoch: number;
  readonly verifyingShare: Point;
  readonly path: readonly Hash32[];
  readonly answer: VesAnswer;
  readonly receipt: SignedReceipt;
};

/** Writes a receipt with its signature. */
export const encodeSignedReceipt = ({ receipt, signature }: SignedReceipt): ReceiptBody => ({
  ...receipt,
  signature: bytesToHex(signature),
});

/** Reads a receipt with its signature; `verifyReceipt` judges it. Throws `BAD_ANSWER`. */
export const parseSignedReceipt = (value: unknown): SignedReceipt => {
  const body = checkSchema(ReceiptBody, value, "BAD_ANSWER");
  return {
    receipt: {
      requestId: parseRequestId(body.requestId),
      document: parseDocumentId(body.document),
      headerHash: parseHash32(body.headerHash),
      requester: parseAddress(body.requester),
      keyId: parseKeyId(body.keyId),
      epoch: body.epoch,
      slot: body.slot,
      finalizedBlock: parseHash32(body.finalizedBlock),
      headBlock: parseHash32(body.headBlock),
      answerHash: parseHash32(body.answerHash),
    },
    signature: hexToBytes(body.signature, 65),
  };
};

/** Writes an answer. */
export const encodeShareAnswer = ({ slot, epoch, verifyingShare, path, answer, receipt }: ShareAnswer): ShareAnswerBody => ({
  slot,
  epoch,
  verifyingShare: bytesToHex(encodePoint(verifyingShare)),
  path: [...path],
  answer: bytesToHex(encodeVesAnswer(answer)),
  receipt: encodeSignedReceipt(receipt),
});

/**
 * Reads an answer: form, points and ranges, and that the receipt speaks of this slot, epoch and answer.
 * Proof, Merkle path and the receipt's signature are the asker's to verify. Throws `BAD_ANSWER` with the field in `details.field`.
 */
export const parseShareAnswer = (value: unknown): ShareAnswer => {
  const body = checkSchema(ShareAnswerBody, value, "BAD_ANSWER");
  const answer = checkField("answer", "BAD_ANSWER", () => parseVesAnswer(hexToBytes(body.answer)));
  const receipt = parseSignedReceipt(body.receipt);
  if (receipt.receipt.slot !== body.slot) throw foreignReceipt("receipt.slot");
  if (receipt.receipt.epoch !== body.epoch) throw foreignReceipt("receipt.epoch");
  if (receipt.receipt.answerHash !== answerHashOf(answer)) throw foreignReceipt("receipt.answerHash");
  return {
    slot: body.slot,
    epoch: body.epoch,
    verifyingShare: checkField("verifyingShare", "BAD_ANSWER", () => parsePoint(hexToBytes(body.verifyingShare))),
    path: body.path.map(parseHash32),
    answer,
    receipt,
  };
};

const foreignReceipt = (field: string): KeyquorumError =>
  new KeyquorumError("BAD_ANSWER", `The field ${field} does not match the answer.`, { details: { field } });
