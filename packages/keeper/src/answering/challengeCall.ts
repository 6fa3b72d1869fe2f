import { interfaceOf } from "@keyquorum/bindings";
import { toXY, type VesFraudEvidence } from "@keyquorum/threshold";
import { type DocumentHeader, type Hex, headerRestOf } from "@keyquorum/wire";
import type { Requested } from "../contracts/mirroredRequests.ts";
import type { PostedAnswer } from "./postedAnswers.ts";

/** The call that proves a posted answer wrong. PROTOCOL section 5.5. */
export const challengeCall = (
  { request, number, readerKey }: Requested,
  { slot, words }: PostedAnswer,
  { witnesses }: VesFraudEvidence,
  header: DocumentHeader,
): Hex => {
  const { requestId, document, headerHash, requester, contextHash } = request;
  const { k, v, c, zs, zk } = words.share;
  const { x, y } = words.verifyingShare;
  return interfaceOf("optimisticRequests").encodeFunctionData("challenge", [
    requestId,
    { number, document, headerHash, requester, readerKey, contextHash },
    {
      slot,
      verifyingShare: { x, y },
      share: { k: { x: k.x, y: k.y }, v: { x: v.x, y: v.y }, c, zs, zk },
      u: toXY(header.ciphertext.u),
      headerRest: headerRestOf(header),
      witnesses,
    },
  ]) as Hex;
};
