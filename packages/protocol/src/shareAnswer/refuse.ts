import { ERROR_CODES, type RequestId } from "@keyquorum/wire";
import type { RefusedShareRequest, ShareRefusalCode } from "./request.ts";

/** A refusal in the words of the one table of codes; `because` says more where more is known. */
export const refuse = (requestId: RequestId, code: ShareRefusalCode, because?: string): RefusedShareRequest => {
  const { retryable, meaning, action } = ERROR_CODES[code];
  return { state: "refused", requestId, code, retryable, sentence: `${because ?? meaning} ${action}` };
};
