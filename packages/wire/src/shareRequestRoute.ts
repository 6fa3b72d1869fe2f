import { ErrorBody } from "./errorBody.ts";
import { ShareAnswerBody } from "./shareAnswerBody.ts";
import { ShareRequestBody } from "./shareRequestBody.ts";

export const FAILURES = { "4xx": ErrorBody, "5xx": ErrorBody } as const;

/** A reader asks for this keeper's share. PROTOCOL sections 5.1, 5.2. The one route that every page with the SDK needs: it is in a file of its own. */
export const SHARE_REQUEST_ROUTE = {
  method: "POST",
  path: "/v1/share-requests",
  body: ShareRequestBody,
  responses: { 200: ShareAnswerBody, ...FAILURES },
} as const;
