import { encryptShare, G, nobleBackend, randomScalar, SecretScalar, toXY, type VesAnswer } from "@keyquorum/threshold";
import type { MirroredLog } from "@keyquorum/vault";
import { answerContextOf, type DocumentHeader, headerHashOf, type RequestId, ZERO_HASH } from "@keyquorum/wire";
import { rollDice } from "../../../../test/random/dice.ts";
import { emitLog } from "./fakeChain.ts";
import { bob, KEY_ID } from "./reader.ts";

/** An optimistic request of Bob's and answers to it, as the contract's events show them. Tests only. */
export const READER_KEY = G.multiply(77n);
export const EPOCH = 1;
const dice = rollDice("keeper/testing/optimisticRequest");

/** An answer that is right for a share of its own, as another keeper would post it. */
export const rightAnswer = (header: DocumentHeader, requestId: RequestId, slot: number) => {
  const share = SecretScalar.from(randomScalar(dice.bytes));
  const context = answerContextOf({ headerHash: headerHashOf(header), requestId, keyId: KEY_ID, epoch: EPOCH, slot });
  const statement = { share, u: header.ciphertext.u, readerKey: READER_KEY, context };
  const answer = encryptShare({ ...statement, nonceKey: new Uint8Array(32) }, dice.bytes);
  return { verifyingShare: toXY(nobleBackend.mulG(share.reveal())), answer };
};

export const publishedLog = (header: DocumentHeader, blockNumber = 5, logIndex = 0): MirroredLog => {
  const { u, uBar, e, f } = header.ciphertext;
  const { document, owner, keyId, salt, initialPermissions } = header;
  const ciphertext = { u: toXY(u), uBar: toXY(uBar), e, f };
  const published = [document, owner, keyId, 1, salt, initialPermissions, headerHashOf(header), ciphertext, "0x0155"];
  return emitLog("DocumentPublished", published, blockNumber, logIndex);
};

export const requestedLog = (
  header: DocumentHeader,
  { requestId, blockNumber, deadline, logIndex = 0 }: { requestId: RequestId; blockNumber: number; deadline: bigint; logIndex?: number },
): MirroredLog => {
  const names = [requestId, header.document, bob.address, 1, KEY_ID, EPOCH, headerHashOf(header), toXY(READER_KEY), ZERO_HASH, deadline];
  return emitLog("SharesRequested", names, blockNumber, logIndex, "optimisticRequests");
};

/** A keeper's answer; `lie` changes words of it after it was made. */
export const answeredLog = (
  header: DocumentHeader,
  at: { requestId: RequestId; slot: number; blockNumber: number; logIndex: number },
  lie: (answer: VesAnswer) => object = () => ({}),
): MirroredLog => {
  const { verifyingShare, answer } = rightAnswer(header, at.requestId, at.slot);
  const words = { k: toXY(answer.k), v: toXY(answer.v), c: answer.c, zs: answer.zs, zk: answer.zk, ...lie(answer) };
  return emitLog("ShareAnswered", [at.requestId, at.slot, verifyingShare, words], at.blockNumber, at.logIndex, "optimisticRequests");
};

/** What the lying keeper of packages/testing does. */
export const movedByG = ({ v }: VesAnswer): object => ({ v: toXY(v.add(G)) });
