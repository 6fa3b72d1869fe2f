import { encodePoint, encodeVesAnswer, type Point, parsePoint, parseVesAnswer, type VesAnswer } from "@keyquorum/threshold";
import { checkField, checkSchema } from "./checkSchema.ts";
import type { CommitteeMember } from "./committee.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { type DocumentHeader, encodeHeader, parseHeader } from "./header.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { type Address, type Hash32, parseAddress, parseHash32 } from "./ids.ts";
import type { Static } from "./jsonSchema.ts";
import { ChainReceiptsBody, HttpReceiptsBody, type Place, type ReceiptFileBody } from "./receiptFileBody.ts";
import type { exactly } from "./schemas.ts";
import { encodeShareAnswer, parseShareAnswer, type ShareAnswer } from "./shareAnswerBody.ts";
import { encodeShareRequestBody, parseShareRequestBody, type SignedShareRequest } from "./shareRequestBody.ts";

/** Of which deployment and key the receipts speak. Public. */
type SharedReceipts = {
  readonly chainId: bigint;
  readonly shareRequests: Address;
  readonly keeperRegistry: Address;
  readonly documentVersion?: number;
  readonly key: {
    readonly epoch: number;
    readonly quorum: number;
    /** Of the keepers that hold a share, ascending. */
    readonly slots: readonly number[];
    readonly verifyingRoot: Hash32;
    readonly publicKey: Point;
  };
};

/** What keepers signed for a retrieval by HTTP, with all that their signatures are checked against. */
export type HttpReceipts = SharedReceipts & {
  readonly kind: "http";
  readonly asked: SignedShareRequest;
  /** The epoch's members by ascending slot. */
  readonly committee: readonly CommitteeMember[];
  readonly answers: readonly ShareAnswer[];
};

/** A transaction and the block that holds it. */
export type ChainPlace = { readonly transaction: Hash32; readonly blockNumber: number; readonly blockHash: Hash32 };

/** An answer that the chain took. */
export type ChainAnswer = ChainPlace & { readonly slot: number; readonly verifyingShare: Point; readonly answer: VesAnswer };

/** What the chain recorded of a retrieval by transaction: there the accepted answers are the receipts. */
export type ChainReceipts = SharedReceipts & {
  readonly kind: "chain";
  readonly contract: Address;
  readonly header: DocumentHeader;
  readonly request: ChainPlace & {
    readonly number: bigint;
    readonly requester: Address;
    /** Compressed: 33 bytes. */
    readonly readerKey: Uint8Array;
    readonly contextHash: Hash32;
  };
  readonly answers: readonly ChainAnswer[];
};

export type ReceiptFile = HttpReceipts | ChainReceipts;

/** Writes receipts as plain JSON data. */
export const encodeReceiptFile = (file: ReceiptFile): ReceiptFileBody => {
  const shared = {
    format: "keyquorum-receipts" as const,
    version: 1 as const,
    chainId: file.chainId.toString(),
    shareRequests: file.shareRequests,
    keeperRegistry: file.keeperRegistry,
    ...(file.documentVersion === undefined ? {} : { documentVersion: file.documentVersion }),
    key: { ...file.key, slots: [...file.key.slots], publicKey: pointText(file.key.publicKey) },
  };
  if (file.kind === "http") {
    return {
      ...shared,
      kind: file.kind,
      asked: encodeShareRequestBody(file.asked),
      committee: file.committee.map(({ slot, operator, encryptionKey, identityKey }) => ({
        slot,
        operator,
        encryptionKey: pointText(encryptionKey),
        identityKey: pointText(identityKey),
      })),
      answers: file.answers.map(encodeShareAnswer),
    };
  }
  const { number, readerKey, ...request } = file.request;
  return {
    ...shared,
    kind: file.kind,
    contract: file.contract,
    header: bytesToHex(encodeHeader(file.header)),
    request: { ...request, number: number.toString(), readerKey: bytesToHex(readerKey) },
    answers: file.answers.map(({ verifyingShare, answer, ...rest }) => ({
      ...rest,
      verifyingShare: pointText(verifyingShare),
      answer: bytesToHex(encodeVesAnswer(answer)),
    })),
  };
};

/**
 * Reads receipts from parsed JSON: form, points and ranges, slots ascending, one answer per slot, and what `parseShareRequestBody` and
 * `parseShareAnswer` check. Signatures and proofs are the verifier's to check. Throws `INVALID_RECEIPTS` with the field in `details.field`.
 */
export const parseReceiptFile = (value: unknown): ReceiptFile => {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  return kind === "chain" ? parseChainReceipts(value) : parseHttpReceipts(value);
};

const parseHttpReceipts = (value: unknown): HttpReceipts => {
  const body = checkSchema(HttpReceiptsBody, value, "INVALID_RECEIPTS");
  const committee = body.committee.map(
    (member, index): CommitteeMember => ({
      slot: member.slot,
      operator: parseAddress(member.operator),
      encryptionKey: pointOf(member.encryptionKey, `committee.${index}.encryptionKey`),
      identityKey: pointOf(member.identityKey, `committee.${index}.identityKey`),
    }),
  );
  checkAscending(
    committee.map(({ slot }) => slot),
    "committee",
  );
  const answers = body.answers.map((answer, index) => checkField(`answers.${index}`, "INVALID_RECEIPTS", () => parseShareAnswer(answer)));
  checkDistinct(answers);
  const asked = checkField("asked", "INVALID_RECEIPTS", () => parseShareRequestBody(body.asked));
  return { ...parseShared(body), kind: "http", asked, committee, answers };
};

const parseChainReceipts = (value: unknown): ChainReceipts => {
  const body = checkSchema(ChainReceiptsBody, value, "INVALID_RECEIPTS");
  const readerKey = hexToBytes(body.request.readerKey, 33);
  pointOf(body.request.readerKey, "request.readerKey");
  const number = BigInt(body.request.number);
  if (number >> 64n !== 0n) throw refusal("request.number");
  const answers = body.answers.map(
    (answer, index): ChainAnswer => ({
      slot: answer.slot,
      verifyingShare: pointOf(answer.verifyingShare, `answers.${index}.verifyingShare`),
      answer: checkField(`answers.${index}.answer`, "INVALID_RECEIPTS", () => parseVesAnswer(hexToBytes(answer.answer))),
      ...placeOf(answer),
    }),
  );
  checkDistinct(answers);
  return {
    ...parseShared(body),
    kind: "chain",
    contract: parseAddress(body.contract),
    header: checkField("header", "INVALID_RECEIPTS", () => parseHeader(hexToBytes(body.header))),
    request: {
      number,
      requester: parseAddress(body.request.requester),
      readerKey,
      contextHash: parseHash32(body.request.contextHash),
      ...placeOf(body.request),
    },
    answers,
  };
};

const parseShared = ({ chainId, shareRequests, keeperRegistry, documentVersion, key }: ReceiptFileBody): SharedReceipts => {
  checkAscending(key.slots, "key.slots");
  return {
    chainId: BigInt(chainId),
    shareRequests: parseAddress(shareRequests),
    keeperRegistry: parseAddress(keeperRegistry),
    ...(documentVersion === undefined ? {} : { documentVersion }),
    key: {
      epoch: key.epoch,
      quorum: key.quorum,
      slots: key.slots,
      verifyingRoot: parseHash32(key.verifyingRoot),
      publicKey: pointOf(key.publicKey, "key.publicKey"),
    },
  };
};

const placeOf = ({ transaction, blockNumber, blockHash }: Static<ReturnType<typeof exactly<typeof Place>>>): ChainPlace => ({
  transaction: parseHash32(transaction),
  blockNumber,
  blockHash: parseHash32(blockHash),
});

const pointText = (point: Point): string => bytesToHex(encodePoint(point));
const pointOf = (text: string, field: string): Point => checkField(field, "INVALID_RECEIPTS", () => parsePoint(hexToBytes(text, 33)));

const checkAscending = (slots: readonly number[], field: string): void => {
  if (slots.some((slot, index) => index > 0 && slot <= (slots[index - 1] ?? 0))) throw refusal(field);
};

const checkDistinct = (answers: readonly { readonly slot: number }[]): void => {
  if (new Set(answers.map(({ slot }) => slot)).size !== answers.length) throw refusal("answers");
};

const refusal = (field: string): KeyquorumError =>
  new KeyquorumError("INVALID_RECEIPTS", `The field ${field} is not what a file of receipts allows.`, { details: { field } });
