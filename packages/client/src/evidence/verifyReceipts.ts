import { addressOfPoint, parsePoint, verifyShareAnswer } from "@keyquorum/threshold";
import {
  type Address,
  answerContextOf,
  answerHashOf,
  bytesToHex,
  type ChainReceipts,
  committeeRootOf,
  type DocumentHeader,
  encodeShareAnswer,
  type Hash32,
  type HttpReceipts,
  headerHashOf,
  KeyquorumError,
  parseDelegation,
  parseHash32,
  parseReceiptFile,
  type ReceiptFile,
  type ReceiptFileBody,
  type RequestId,
  readingSessionDigest,
  recoverSigner,
  requestIdOf,
  type SigningDomain,
  shareRequestDigest,
  verifyHeader,
} from "@keyquorum/wire";
import { KeeperError } from "../read/keeperError.ts";
import { verifyAnswer } from "../read/verifyAnswer.ts";
import type { VerifiedReceipt, VerifiedReceipts } from "./verifiedReceipts.ts";

export type VerifyReceiptsOptions = {
  /** The root of the epoch's committee, known from elsewhere: `KeeperRegistry.committeeRootOf(epoch)`. */
  readonly committeeRoot?: Hash32 | string;
};

/** What `verifyReceiptsOffline.ts` exports, at once. Throws as it does. */
export const verifyReceipts = (file: ReceiptFileBody | unknown, options: VerifyReceiptsOptions = {}): VerifiedReceipts => {
  const receipts = parseReceiptFile(file);
  return receipts.kind === "http" ? verifyHttp(receipts, options) : verifyChain(receipts);
};

const verifyHttp = (receipts: HttpReceipts, options: VerifyReceiptsOptions): VerifiedReceipts => {
  const { chainId, shareRequests, keeperRegistry, key, asked, committee, answers } = receipts;
  const { header, request } = asked;
  checkHeader(receipts, header);
  const committeeRoot = committeeRootOf({ chainId, registry: keeperRegistry, epoch: key.epoch, members: committee });
  if (options.committeeRoot !== undefined && parseHash32(options.committeeRoot) !== committeeRoot)
    throw refusal("committee", "The committee in the file is not the one whose root was given.");
  const domain: SigningDomain = { chainId, shareRequests };
  const keepers = answers.map((answer): VerifiedReceipt => {
    const { slot } = answer;
    const member = committee.find((candidate) => candidate.slot === slot);
    if (member === undefined) throw refusal("answers", `Slot ${slot} is not a member of the committee in the file.`, slot);
    const identity = bytesToHex(addressOfPoint(member.identityKey)) as Address;
    try {
      const keeper = { slot, name: `keeper ${slot}`, identity, endpoint: "" };
      verifyAnswer(encodeShareAnswer(answer), keeper, { domain, asked, key: { ...key, keyId: header.keyId } });
    } catch (error) {
      if (!(error instanceof KeeperError)) throw error;
      throw refusal("answers", `The receipt of slot ${slot} is not valid (${error.code}): ${error.message}`, slot);
    }
    const { finalizedBlock, headBlock, answerHash } = answer.receipt.receipt;
    return {
      slot,
      answerHash,
      operator: member.operator,
      identity,
      finalizedBlock: { hash: finalizedBlock },
      headBlock: { hash: headBlock },
    };
  });
  return {
    kind: "http",
    trust: options.committeeRoot === undefined ? "file" : "pinned",
    ...factsOf(receipts, header, shareRequestDigest(domain, request)),
    requester: request.requester,
    askedBy: askerOf(receipts, domain),
    committeeRoot,
    request: undefined,
    keepers,
    discounted: [],
  };
};

const verifyChain = (receipts: ChainReceipts): VerifiedReceipts => {
  const { chainId, contract, key, header, request, answers } = receipts;
  checkHeader(receipts, header);
  const headerHash = headerHashOf(header);
  const { number, requester, readerKey, contextHash } = request;
  const statement = { number, document: header.document, headerHash, requester, readerKey, contextHash };
  const requestId = requestIdOf({ chainId, shareRequests: contract, statement });
  const keepers = answers.map(({ slot, verifyingShare, answer, transaction, blockNumber, blockHash }): VerifiedReceipt => {
    const context = answerContextOf({ headerHash, requestId, keyId: header.keyId, epoch: key.epoch, slot });
    const asked = { verifyingShare, u: header.ciphertext.u, readerKey: parsePoint(readerKey), context };
    if (!key.slots.includes(slot) || !verifyShareAnswer(asked, answer))
      throw refusal("answers", `The answer of slot ${slot} is not right.`, slot);
    return { slot, answerHash: answerHashOf(answer), answer: { transaction, hash: blockHash, number: blockNumber } };
  });
  return {
    kind: "chain",
    trust: "file",
    ...factsOf(receipts, header, requestId),
    requester,
    askedBy: "transaction",
    committeeRoot: undefined,
    request: { transaction: request.transaction, hash: request.blockHash, number: request.blockNumber },
    keepers,
    discounted: [],
  };
};

const factsOf = ({ chainId, documentVersion, key }: ReceiptFile, header: DocumentHeader, requestId: RequestId) => ({
  chainId,
  requestId,
  document: header.document,
  owner: header.owner,
  headerHash: headerHashOf(header),
  documentVersion,
  keyId: header.keyId,
  epoch: key.epoch,
  quorum: key.quorum,
});

const checkHeader = ({ chainId, key }: ReceiptFile, header: DocumentHeader): void => {
  if (header.chainId !== chainId) throw refusal("chainId", "The header belongs to another chain.");
  if (!verifyHeader(header, key.publicKey)) throw refusal("header", "The header's proof does not verify under the key in the file.");
};

/** Throws INVALID_RECEIPTS where a session's key did not sign, or the session is another account's: no keeper answers that. */
const askerOf = ({ asked }: HttpReceipts, domain: SigningDomain): VerifiedReceipts["askedBy"] => {
  const { request, signature, delegation } = asked;
  const requestSigner = recoverSigner(shareRequestDigest(domain, request), signature);
  if (delegation === undefined) return requestSigner === request.requester ? "account" : "contract account";
  const { session, signature: leave } = parseDelegation(delegation);
  if (session.requester !== request.requester || requestSigner !== session.sessionKey)
    throw refusal("asked.delegation", "The session is not the requester's, or its key did not sign the request.");
  return recoverSigner(readingSessionDigest(domain, session), leave) === request.requester ? "session" : "contract account";
};

const refusal = (field: string, whatHappened: string, slot?: number): KeyquorumError =>
  new KeyquorumError("INVALID_RECEIPTS", whatHappened, { details: { field, ...(slot === undefined ? {} : { slot }) } });
