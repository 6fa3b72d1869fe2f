import { type Static, Type } from "./jsonSchema.ts";
import { AddressText, AnswerText, ChainIdText, Epoch, exactly, Hash32Text, HeaderText, PointText, Slot, Uint64Text } from "./schemas.ts";
import { ShareAnswerBody } from "./shareAnswerBody.ts";
import { ShareRequestBody } from "./shareRequestBody.ts";

const MAX_ANSWERS = 64;
const BlockNumber = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Slots = Type.Array(Slot, { minItems: 1, maxItems: MAX_ANSWERS });

const Shared = {
  format: Type.Literal("keyquorum-receipts"),
  version: Type.Literal(1),
  chainId: ChainIdText,
  shareRequests: AddressText,
  keeperRegistry: AddressText,
  /** Number of the document's version; left out where it was not published. */
  documentVersion: Type.Optional(Type.Integer({ minimum: 1, maximum: 0xffff_ffff })),
  key: exactly({
    epoch: Epoch,
    quorum: Type.Integer({ minimum: 2, maximum: 64 }),
    slots: Slots,
    verifyingRoot: Hash32Text,
    publicKey: PointText,
  }),
};

/** Receipts of a retrieval by HTTP. */
export const HttpReceiptsBody = exactly({
  ...Shared,
  kind: Type.Literal("http"),
  /** What was sent to the keepers. */
  asked: ShareRequestBody,
  committee: Type.Array(exactly({ slot: Slot, operator: AddressText, encryptionKey: PointText, identityKey: PointText }), {
    minItems: 1,
    maxItems: MAX_ANSWERS,
  }),
  answers: Type.Array(ShareAnswerBody, { minItems: 1, maxItems: MAX_ANSWERS }),
});

/** A transaction and the block that holds it. */
export const Place = { transaction: Hash32Text, blockNumber: BlockNumber, blockHash: Hash32Text };

/** Receipts of a retrieval on chain. */
export const ChainReceiptsBody = exactly({
  ...Shared,
  kind: Type.Literal("chain"),
  /** The contract that was asked: ShareRequests or OptimisticRequests. */
  contract: AddressText,
  header: HeaderText,
  request: exactly({ number: Uint64Text, requester: AddressText, readerKey: PointText, contextHash: Hash32Text, ...Place }),
  answers: Type.Array(exactly({ slot: Slot, verifyingShare: PointText, answer: AnswerText, ...Place }), {
    minItems: 1,
    maxItems: MAX_ANSWERS,
  }),
});

/** The receipts of one retrieval as a file: `keyquorum-receipts` version 1. JSON; public. */
export type ReceiptFileBody = Static<typeof HttpReceiptsBody> | Static<typeof ChainReceiptsBody>;
