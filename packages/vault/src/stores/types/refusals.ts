import type { DocumentId, Hash32, RequestId } from "@keyquorum/wire";

/** A refusal that is kept as a sample. Public. */
export type RefusalSample = {
  readonly code: string;
  /** Whether the requester that is named was proved to have asked. */
  readonly isVerified: boolean;
  /** In ms. */
  readonly at: number;
  readonly channel: "chain" | "http";
  readonly requestId?: RequestId;
  readonly document?: DocumentId;
  readonly requester?: string;
  readonly sessionKey?: string;
  readonly finalBlock?: Hash32;
  readonly headBlock?: Hash32;
};

/** Refusals, in a space that no number of them exceeds (D58): counts by code and hour, and per code the newest of verified requesters and of others. */
export type RefusalStore = {
  /** Adds what was refused since the last call. Counts older than 30 days are deleted. */
  add(refusals: { readonly counts: Readonly<Record<string, number>>; readonly samples: readonly RefusalSample[] }): Promise<void>;
  /** By hour since 1970 and code, newest first. */
  counts(): Promise<readonly { readonly code: string; readonly hour: number; readonly count: number }[]>;
  /** Newest first. */
  samples(): Promise<readonly RefusalSample[]>;
};
