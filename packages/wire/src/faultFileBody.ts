import { checkField, checkSchema } from "./checkSchema.ts";
import type { SigningDomain } from "./eip712.ts";
import { KeyquorumError } from "./errorCodes.ts";
import { parseAddress } from "./ids.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { AddressText, ChainIdText, exactly } from "./schemas.ts";
import { parseShareAnswer, type ShareAnswer, ShareAnswerBody } from "./shareAnswerBody.ts";
import { shareRequestDigest } from "./shareRequest.ts";
import { parseShareRequestBody, ShareRequestBody, type SignedShareRequest } from "./shareRequestBody.ts";

/** What convicts a keeper of a wrong answer by HTTP. */
export type FaultFile = { readonly domain: SigningDomain; readonly asked: SignedShareRequest; readonly answer: ShareAnswer };

/** A keeper's receipt for a wrong answer by HTTP, with what it is judged by: `keyquorum-fault` version 1. JSON; public. PROTOCOL section 5.5. */
export const FaultFileBody = exactly({
  format: Type.Literal("keyquorum-fault"),
  version: Type.Literal(1),
  chainId: ChainIdText,
  shareRequests: AddressText,
  /** What was sent to the keeper. */
  asked: ShareRequestBody,
  /** What it answered, with its receipt. */
  answer: ShareAnswerBody,
});
export type FaultFileBody = Static<typeof FaultFileBody>;

/**
 * Reads evidence: form, and that the receipt is of this request and answer. Whether the keeper signed it and the answer is wrong is the chain's to
 * judge. Throws `INVALID_RECEIPTS` with the field in `details.field`.
 */
export const parseFaultFile = (value: unknown): FaultFile => {
  const body = checkSchema(FaultFileBody, value, "INVALID_RECEIPTS");
  const domain = { chainId: BigInt(body.chainId), shareRequests: parseAddress(body.shareRequests) };
  const asked = checkField("asked", "INVALID_RECEIPTS", () => parseShareRequestBody(body.asked));
  const answer = checkField("answer", "INVALID_RECEIPTS", () => parseShareAnswer(body.answer));
  if (answer.receipt.receipt.requestId !== shareRequestDigest(domain, asked.request))
    throw new KeyquorumError("INVALID_RECEIPTS", "The receipt is of another request.", { details: { field: "answer.receipt.requestId" } });
  return { domain, asked, answer };
};
