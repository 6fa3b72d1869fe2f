import type { FaultFile, FaultFileBody } from "./faultFileBody.ts";
import { encodeShareAnswer } from "./shareAnswerBody.ts";
import { encodeShareRequestBody } from "./shareRequestBody.ts";

export type { FaultFile } from "./faultFileBody.ts";

/** Writes the evidence as plain JSON data. */
export const encodeFaultFile = ({ domain, asked, answer }: FaultFile): FaultFileBody => ({
  format: "keyquorum-fault",
  version: 1,
  chainId: domain.chainId.toString(),
  shareRequests: domain.shareRequests,
  asked: encodeShareRequestBody(asked),
  answer: encodeShareAnswer(answer),
});
