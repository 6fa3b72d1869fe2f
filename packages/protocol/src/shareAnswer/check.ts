import type { DocumentHeader, Hash32 } from "@keyquorum/wire";
import type { CheckedShareRequest, ReceivedShareRequest, RefusedShareRequest, ServedDeployment, ShareRequestKey } from "./request.ts";

export const MAX_DEADLINE_AHEAD_SECONDS = 600n;

export type ShareRequestCheck = {
  readonly request: ReceivedShareRequest;
  readonly header: DocumentHeader;
  /** The header's key at the newest final block; undefined when there is none. */
  readonly key: ShareRequestKey | undefined;
  readonly deployment: ServedDeployment;
  /** Seconds since 1970, by the keeper's clock (HTTP) or the head's timestamp (chain). */
  readonly now: bigint;
  /** The header this request id was answered for before, if any. */
  readonly answeredHeader?: Hash32;
};

/** Checks everything that needs no permission. A share is not touched before this says "checked". */
export const checkShareRequest = (check: ShareRequestCheck): CheckedShareRequest | RefusedShareRequest => {
  throw new Error(`not implemented ${check.now}`);
};
