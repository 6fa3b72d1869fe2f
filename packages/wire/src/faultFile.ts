import type { SigningDomain } from "./eip712.ts";
import type { FaultFileBody } from "./faultFileBody.ts";
import { encodeShareAnswer, type ShareAnswer } from "./shareAnswerBody.ts";
import { encodeShareRequestBody, type SignedShareRequest } from "./shareRequestBody.ts";

/** What convicts a keeper of a wrong answer by HTTP. */
export type FaultFile = { readonly domain: SigningDomain; readonly asked: SignedShareRequest; readonly answer: ShareAnswer };

/** Writes the evidence as plain JSON data. */
export const encodeFaultFile = ({ domain, asked, answer }: FaultFile): FaultFileBody => ({
  format: "keyquorum-fault",
  version: 1,
  chainId: domain.chainId.toString(),
  shareRequests: domain.shareRequests,
  asked: encodeShareRequestBody(asked),
  answer: encodeShareAnswer(answer),
});
