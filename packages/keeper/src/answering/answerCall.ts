import { interfaceOf } from "@keyquorum/bindings";
import { pointFromXY, toXY, type VesAnswer, vesHints } from "@keyquorum/threshold";
import { type Hex, headerRestOf } from "@keyquorum/wire";
import type { Requested } from "../contracts/mirroredRequests.ts";
import type { GivenAnswer } from "./answerService.ts";

/** Transactions that carry an answer are named so, with the request's id behind it. */
export const ANSWER_ID_PREFIX = "answer:";

/** The call that posts an answer to the contract that was asked. PROTOCOL sections 5.2 and 5.5. */
export const answerCall = (requested: Requested, given: GivenAnswer): Hex =>
  requested.contract === "shareRequests" ? verifiedCall(requested, given) : optimisticCall(requested, given);

const answerOf = ({ material }: Pick<GivenAnswer, "material">, answer: VesAnswer) => ({
  slot: material.slot,
  verifyingShare: toXY(material.verifyingShare),
  path: [...material.path],
  share: { k: toXY(answer.k), v: toXY(answer.v), c: answer.c, zs: answer.zs, zk: answer.zk },
});

/** With everything that the contract needs to verify it: the statement, the header's parts and the hints. */
const verifiedCall = ({ request, number, readerKey }: Requested, given: GivenAnswer): Hex => {
  const { header } = given;
  const answer = given.answer();
  const { u } = header.ciphertext;
  const hints = vesHints({ u, readerKey: pointFromXY(readerKey.x, readerKey.y) }, answer);
  const { document, headerHash, requester, contextHash } = request;
  return interfaceOf("shareRequests").encodeFunctionData("answer", [
    request.requestId,
    { number, document, headerHash, requester, readerKey, contextHash },
    {
      ...answerOf(given, answer),
      u: toXY(u),
      headerRest: headerRestOf(header),
      hints: { zsU: toXY(hints.zsU), zkX: toXY(hints.zkX), cV: toXY(hints.cV), inverse1: hints.inverse1, inverse2: hints.inverse2 },
    },
  ]) as Hex;
};

/** The answer alone: the sender's account is its proof of origin. */
const optimisticCall = ({ request }: Requested, given: GivenAnswer): Hex =>
  interfaceOf("optimisticRequests").encodeFunctionData("answer", [request.requestId, answerOf(given, given.answer())]) as Hex;
