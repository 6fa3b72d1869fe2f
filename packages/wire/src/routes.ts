import { ErrorBody } from "./errorBody.ts";
import { KeeperInfoBody } from "./keeperInfoBody.ts";
import { ShareAnswerBody } from "./shareAnswerBody.ts";
import { ShareRequestBody } from "./shareRequestBody.ts";

/** Largest body that a keeper reads, in bytes: the largest valid one has about 43 000. */
export const MAX_REQUEST_BODY_BYTES = 49_152;
/** Largest body that a client reads from a keeper, in bytes. */
export const MAX_RESPONSE_BODY_BYTES = 32_768;

const failures = { "4xx": ErrorBody, "5xx": ErrorBody } as const;

/**
 * The keeper's HTTP interface as data: the server mounts it, the client calls it, docs and OpenAPI come from it.
 * A server must not coerce types or remove fields before it validates. D-30, D-47.
 */
export const ROUTES = {
  /** A reader asks for this keeper's share. PROTOCOL sections 5.1, 5.2. */
  postShareRequest: {
    method: "POST",
    path: "/v1/share-requests",
    body: ShareRequestBody,
    responses: { 200: ShareAnswerBody, ...failures },
  },
  /** Who the keeper is and how far it sees. */
  getKeeper: { method: "GET", path: "/v1/keeper", responses: { 200: KeeperInfoBody, ...failures } },
} as const;
