import { KeyquorumError, type PeerMessage } from "@keyquorum/wire";
import type { PeerTransport } from "./peerTransport.ts";

/** What a bad network does. Probabilities from 0 to 1. */
export type NetworkFaults = {
  /** That a question is lost or, as often, its answer. */
  readonly loss: number;
  /** That a question arrives a second time. */
  readonly duplication: number;
  /** Milliseconds that a question is under way, at most. Questions that are asked together arrive in any order. */
  readonly maxDelay: number;
};

/**
 * A transport over another one that loses, delays, duplicates and reorders, by dice. For tests.
 * @param roll 0 <= number < 1; the same rolls give the same faults
 */
export const lossyTransport = (
  inner: PeerTransport,
  faults: NetworkFaults,
  { roll, sleep }: { readonly roll: () => number; readonly sleep: (milliseconds: number) => Promise<void> },
): PeerTransport => ({
  ask: async <Ask, Answer>(message: PeerMessage<Ask, Answer>, endpoint: string, ask: Ask) => {
    // All dice are rolled at once: what one question meets does not hang on when another one is answered.
    const luck = roll();
    const [isAskLost, isAnswerLost] = [luck < faults.loss / 2, luck < faults.loss];
    const isTwice = roll() < faults.duplication;
    const [delay, delayOfSecond] = [roll() * faults.maxDelay, roll() * faults.maxDelay];
    const deliver = async (after: number): Promise<Answer> => {
      await sleep(after);
      return inner.ask(message, endpoint, ask);
    };
    const second = isTwice ? deliver(delayOfSecond) : undefined;
    second?.catch(() => undefined); // nobody waits for it
    if (isAskLost) {
      await sleep(delay);
      throw lost();
    }
    const answer = await deliver(delay);
    if (isAnswerLost) throw lost();
    return answer;
  },
});

const lost = (): KeyquorumError => new KeyquorumError("UNAVAILABLE", "The keeper does not answer.");
