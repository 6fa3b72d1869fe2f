import {
  type Point,
  parsePoint,
  type VerifiedAnswer,
  verifyingLeaf,
  verifyMerklePath,
  verifyAnswer as verifyProof,
} from "@keyquorum/threshold";
import {
  answerContextOf,
  answerHashOf,
  encodeFaultFile,
  hexToBytes,
  parseShareAnswer,
  recoverSigner,
  type ShareAnswer,
  type ShareRequest,
  type SignedShareRequest,
  type SigningDomain,
  shareRequestDigest,
  verifyReceipt,
} from "@keyquorum/wire";
import type { KeeperContact } from "../keys/committee.ts";
import type { KeyInfo } from "../keys/keys.ts";
import { KeeperError } from "./keeperError.ts";

/** What an answer is checked against. All public. */
export type AnswerExpectation = {
  readonly domain: SigningDomain;
  readonly asked: SignedShareRequest;
  readonly key: Pick<KeyInfo, "keyId" | "epoch" | "slots" | "verifyingRoot">;
};

/** An answer that holds in every way. */
export type KeeperAnswer = { readonly verified: VerifiedAnswer; readonly answer: ShareAnswer };

/**
 * Verifies one keeper's answer: its form, slot and epoch, that its verifying share is in the key's root, its proof, and its receipt, signed by
 * the keeper's identity key of that epoch. PROTOCOL sections 5.2 to 5.4.
 *
 * A valid receipt for an answer whose proof does not verify convicts the keeper: INVALID_PROOF then carries the evidence (section 5.5).
 * Throws KeeperError BAD_ANSWER, WRONG_EPOCH, INVALID_MERKLE_PATH, INVALID_PROOF or INVALID_RECEIPT.
 */
export const verifyAnswer = (body: unknown, keeper: KeeperContact, expectation: AnswerExpectation): KeeperAnswer => {
  const { domain, asked, key } = expectation;
  const { header, request } = asked;
  const answer = parse(body);
  if (answer.slot !== keeper.slot) throw new KeeperError("BAD_ANSWER", `It answered for slot ${answer.slot}, which is not its own.`);
  if (answer.epoch !== key.epoch) {
    throw new KeeperError("WRONG_EPOCH", `It answered with its share of epoch ${answer.epoch}; the key's active epoch is ${key.epoch}.`, {
      retryable: true,
    });
  }
  const index = key.slots.indexOf(answer.slot);
  const leaf = verifyingLeaf({
    keyId: hexToBytes(key.keyId),
    epoch: key.epoch,
    slot: answer.slot,
    verifyingShare: answer.verifyingShare,
  });
  const path = answer.path.map((hash) => hexToBytes(hash));
  if (index < 0 || !verifyMerklePath({ leaf, index, count: key.slots.length, path, root: hexToBytes(key.verifyingRoot) })) {
    throw new KeeperError("INVALID_MERKLE_PATH", "Its verifying share is not the one that the key's root commits to.");
  }
  const requestId = shareRequestDigest(domain, request);
  const context = answerContextOf({ headerHash: request.headerHash, requestId, keyId: key.keyId, epoch: key.epoch, slot: answer.slot });
  const { slot, verifyingShare } = answer;
  const verified = verifyProof(
    { u: header.ciphertext.u, readerKey: readerPoint(request) },
    { slot, verifyingShare, context, answer: answer.answer },
  );
  const verdict = verifyReceipt({
    domain,
    signed: answer.receipt,
    identity: keeper.identity,
    expected: {
      requestId,
      document: request.document,
      headerHash: request.headerHash,
      requester: request.requester,
      keyId: key.keyId,
      epoch: key.epoch,
      slot: answer.slot,
      answerHash: answerHashOf(answer.answer),
    },
    recover: recoverSigner,
  });
  if (verified === undefined) {
    const evidence = verdict.kind === "valid" ? { evidence: encodeFaultFile({ domain, asked, answer }) } : {};
    throw new KeeperError("INVALID_PROOF", "The proof of its share does not verify.", evidence);
  }
  if (verdict.kind === "invalid") {
    const field = verdict.reason === "WRONG_FIELD" ? ` (${verdict.field})` : "";
    throw new KeeperError("INVALID_RECEIPT", `Its receipt is not valid: ${verdict.reason}${field}.`);
  }
  return { answer, verified };
};

const parse = (body: unknown): ShareAnswer => {
  try {
    return parseShareAnswer(body);
  } catch (error) {
    throw new KeeperError("BAD_ANSWER", error instanceof Error ? error.message : "Its answer cannot be read.", { cause: error });
  }
};

const readerPoint = (request: ShareRequest): Point => parsePoint(request.readerKey);
