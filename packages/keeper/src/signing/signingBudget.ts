import { KeyquorumError } from "@keyquorum/wire";
import type { Clock } from "../run/clock.ts";
import type { FoundRequest } from "./foundRequest.ts";

/**
 * How many signatures a key makes in a day (A8): in all, and of one tenant, which is a derivation with its requester. Nobody has more than half of a key's
 * day, so that one tenant cannot take it from the others.
 */
export type SigningBudget = {
  /** Counts a request that is permitted, once. Throws RATE_LIMITED. */
  readonly count: (found: Pick<FoundRequest, "requestId" | "requester" | "statement">) => void;
};

const DAY_MILLISECONDS = 86_400_000;
/** Beyond so many counted requests the oldest is forgotten: its repeats count again. */
const MOST_REQUESTS = 50_000;
const MOST_NAMES = 20_000;

export const createSigningBudget = ({
  signaturesPerKeyPerDay,
  clock,
}: {
  readonly signaturesPerKeyPerDay: number;
  readonly clock: Pick<Clock, "now">;
}): SigningBudget => {
  const counted = new Set<string>();
  let days = new Map<string, number>();
  let began = clock.now();

  const today = (): Map<string, number> => {
    const now = clock.now();
    if (now - began >= DAY_MILLISECONDS || now < began) {
      days = new Map();
      began = now;
    }
    return days;
  };
  return {
    count: ({ requestId, requester, statement: { keyId, derivation } }) => {
      if (counted.has(requestId)) return;
      const day = today();
      const [key, tenant] = [keyId as string, `${keyId} ${derivation} ${requester}`];
      const tenantMost = Math.ceil(signaturesPerKeyPerDay / 2);
      const [ofKey, ofTenant] = [day.get(key) ?? 0, day.get(tenant) ?? 0];
      if (ofKey >= signaturesPerKeyPerDay || ofTenant >= tenantMost || (!day.has(tenant) && day.size >= MOST_NAMES))
        throw new KeyquorumError("RATE_LIMITED", "This key has signed as much today as this keeper lets it.", {
          details: { limit: ofKey >= signaturesPerKeyPerDay ? "key" : "tenant", retryAfterSeconds: secondsLeft(began, clock) },
        });
      day.set(key, ofKey + 1);
      day.set(tenant, ofTenant + 1);
      counted.add(requestId);
      const [oldest] = counted;
      if (counted.size > MOST_REQUESTS && oldest !== undefined) counted.delete(oldest);
    },
  };
};

const secondsLeft = (began: number, clock: Pick<Clock, "now">): number =>
  Math.max(1, Math.ceil((began + DAY_MILLISECONDS - clock.now()) / 1000));
