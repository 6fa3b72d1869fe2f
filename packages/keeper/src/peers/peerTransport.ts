import type { PeerMessage } from "@keyquorum/wire";

/**
 * Carries a question to another keeper and brings back its answer. It promises nothing: a question may arrive late, twice, or never, and what answers
 * may be a stranger. Whoever asks checks the signatures in what it gets.
 */
export type PeerTransport = {
  /**
   * Throws KeyquorumError: the other keeper's refusal, BAD_ANSWER for what is not an answer, UNAVAILABLE for silence, ENDPOINT_REFUSED.
   * @param endpoint as its operator wrote it into the registry; "": it has none
   */
  readonly ask: <Ask, Answer>(message: PeerMessage<Ask, Answer>, endpoint: string, ask: Ask) => Promise<Answer>;
};

/** A message that this keeper answers: from the JSON of a question to the JSON of its answer. */
export type PeerAnswerer = {
  readonly route: PeerMessage<unknown, unknown>["route"];
  readonly maxAskBytes: number;
  /** Throws KeyquorumError with the code of the refusal. Any other error is INTERNAL to whoever asked. */
  readonly respond: (body: unknown) => Promise<unknown>;
};

/** @param answer throws KeyquorumError with the code of the refusal */
export const peerAnswerer = <Ask, Answer>(
  { route, maxAskBytes, parseAsk, encodeAnswer }: PeerMessage<Ask, Answer>,
  answer: (ask: Ask) => Promise<Answer>,
): PeerAnswerer => ({ route, maxAskBytes, respond: async (body) => encodeAnswer(await answer(parseAsk(body))) });
