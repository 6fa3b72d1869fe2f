import { type Address, type DocumentId, KeyquorumError, type RequestId } from "@keyquorum/wire";
import type { Clock } from "../run/clock.ts";

/**
 * How often one requester may ask, and how often one document may be read, in a minute. Count a request only for what is proved: a requester once it
 * was proved to have asked, a document once the requester may read it. Both throw RATE_LIMITED with `details.retryAfterSeconds`.
 *
 * The same request, sent again, proves nothing about who sends it: a reader shows it to every keeper, and each of them could send it to the others.
 * So repeats count by themselves, as many a minute, and leave what is asked for the first time alone.
 */
export type RequestLimits = {
  readonly countRequester: (requester: Address, requestId: RequestId) => void;
  readonly countDocument: (document: DocumentId, requestId: RequestId) => void;
};

const MINUTE_MILLISECONDS = 60_000;
/** Beyond so many within a minute the one that was begun first is counted again: then the limits per address are what is left, and nobody is locked out. */
const MOST_COUNTED = 10_000;

export const createRequestLimits = (options: {
  readonly requestsPerRequesterPerMinute: number;
  readonly requestsPerDocumentPerMinute: number;
  readonly clock: Clock;
}): RequestLimits => {
  const { clock } = options;
  const requesters = createFirstAndAgain(options.requestsPerRequesterPerMinute, clock);
  const documents = createFirstAndAgain(options.requestsPerDocumentPerMinute, clock);
  return {
    countRequester: (requester, requestId) => {
      const retryAfterSeconds = requesters.count(requester, requestId);
      if (retryAfterSeconds > 0) throw limited("This account asked too often.", { limit: "requester", retryAfterSeconds });
    },
    countDocument: (document, requestId) => {
      const retryAfterSeconds = documents.count(document, requestId);
      if (retryAfterSeconds > 0) throw limited("This document is read too often.", { limit: "document", retryAfterSeconds });
    },
  };
};

const limited = (sentence: string, details: { readonly limit: string; readonly retryAfterSeconds: number }): KeyquorumError =>
  new KeyquorumError("RATE_LIMITED", sentence, { details });

/** Counts each request by name once, and what is sent again apart. `count` gives the seconds to wait; 0: it is counted. */
export const createFirstAndAgain = (most: number, clock: Clock, mostKnown = MOST_COUNTED) => {
  const [firsts, repeats] = [createMinutes(most, clock), createMinutes(most, clock)];
  const known = new Set<RequestId>(); // beyond so many the oldest counts once more
  return {
    count: (name: string, requestId: RequestId): number => {
      if (known.has(requestId)) return repeats.count(name);
      const seconds = firsts.count(name);
      if (seconds > 0) return seconds;
      const [oldest] = known;
      if (known.size >= mostKnown && oldest !== undefined) known.delete(oldest);
      known.add(requestId);
      return 0;
    },
  };
};

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
