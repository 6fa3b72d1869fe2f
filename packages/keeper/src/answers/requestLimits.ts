import { type Address, type DocumentId, KeyquorumError } from "@keyquorum/wire";
import type { Clock } from "../clock.ts";

/**
 * How often one requester may ask, and how often one document may be read, in a minute. Count a request only for what is proved: a requester once it
 * was proved to have asked, a document once the requester may read it. Both throw RATE_LIMITED with `details.retryAfterSeconds`.
 */
export type RequestLimits = {
  readonly countRequester: (requester: Address) => void;
  readonly countDocument: (document: DocumentId) => void;
};

const MINUTE_MILLISECONDS = 60_000;
/** Beyond so many within a minute the one that was begun first is counted anew: then the limits per address are what is left, and nobody is locked out. */
const MOST_COUNTED = 10_000;

export const createRequestLimits = (options: {
  readonly requestsPerRequesterPerMinute: number;
  readonly requestsPerDocumentPerMinute: number;
  readonly clock: Clock;
}): RequestLimits => {
  const { clock } = options;
  const requesters = createMinutes(options.requestsPerRequesterPerMinute, clock);
  const documents = createMinutes(options.requestsPerDocumentPerMinute, clock);
  return {
    countRequester: (requester) => {
      const retryAfterSeconds = requesters.count(requester);
      if (retryAfterSeconds > 0) throw limited("This account asked too often.", { limit: "requester", retryAfterSeconds });
    },
    countDocument: (document) => {
      const retryAfterSeconds = documents.count(document);
      if (retryAfterSeconds > 0) throw limited("This document is read too often.", { limit: "document", retryAfterSeconds });
    },
  };
};

const limited = (sentence: string, details: { readonly limit: string; readonly retryAfterSeconds: number }): KeyquorumError =>
  new KeyquorumError("RATE_LIMITED", sentence, { details });

/** Counts by name in minutes that begin with the first count. `count` gives the seconds to wait; 0: it is counted. */
export const createMinutes = (most: number, clock: Clock, mostCounted = MOST_COUNTED) => {
  const minutes = new Map<string, { readonly since: number; count: number }>();
  return {
    count: (name: string): number => {
      const now = clock.now();
      const known = minutes.get(name);
      const minute = known === undefined || now - known.since >= MINUTE_MILLISECONDS || now < known.since ? undefined : known;
      if (minute !== undefined && minute.count >= most) return Math.max(1, Math.ceil((minute.since + MINUTE_MILLISECONDS - now) / 1000));
      if (minute !== undefined) {
        minute.count += 1;
        return 0;
      }
      minutes.delete(name);
      const [oldest] = minutes.keys();
      if (minutes.size >= mostCounted && oldest !== undefined) minutes.delete(oldest);
      minutes.set(name, { since: now, count: 1 });
      return 0;
    },
    size: (): number => minutes.size,
  };
};
