import type { Hash32 } from "@keyquorum/wire";
import type { ShareMessage } from "../messages.ts";
import type { SigningRequest } from "../ports.ts";
import { NONCES_PER_KEEPER } from "./liveNonces.ts";

/** What a nonce was taken for: the one attempt, and what was, or will be, answered. */
export type Answered = { readonly attempt: Hash32; readonly request: SigningRequest; readonly answer: Promise<ShareMessage> };

/**
 * What taken nonces were used for, by nonce, so that the same question gets the same bytes. Bounded: the oldest is forgotten first, and is then gone, as
 * one that was refused is.
 */
export const createAnswered = () => {
  const kept = new Map<Hash32, Answered>();
  return {
    get: (nonceId: Hash32): Answered | undefined => kept.get(nonceId),
    keep: (nonceId: Hash32, one: Answered): void => {
      kept.set(nonceId, one);
      const [oldest] = kept.keys();
      if (kept.size > NONCES_PER_KEEPER && oldest !== undefined) kept.delete(oldest);
      one.answer.catch(() => {
        if (kept.get(nonceId) === one) kept.delete(nonceId);
      });
    },
  };
};
