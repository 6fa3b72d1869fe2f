import { KeeperInfoBody } from "./keeperInfoBody.ts";
import { FAILURES, SHARE_REQUEST_ROUTE } from "./shareRequestRoute.ts";

/** Largest body that a keeper reads, in bytes: the largest valid one has about 43 000. */
export const MAX_REQUEST_BODY_BYTES = 49_152;
/** Largest body that a client reads from a keeper, in bytes. */
export const MAX_RESPONSE_BODY_BYTES = 32_768;

/**
 * The keeper's HTTP interface as data: the server mounts it, the client calls it, docs and OpenAPI come from it.
 * A server must not coerce types or remove fields before it validates. D-30, D-47.
 */
export const ROUTES = {
  postShareRequest: SHARE_REQUEST_ROUTE,
  /** Who the keeper is and how far it sees. */
  getKeeper: { method: "GET", path: "/v1/keeper", responses: { 200: KeeperInfoBody, ...FAILURES } },
} as const;
