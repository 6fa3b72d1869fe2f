import { encodeErrorBody, errorFromBody, KeyquorumError, type PeerMessage, parseErrorBody } from "@keyquorum/wire";
import type { PeerAnswerer, PeerTransport } from "./peerTransport.ts";

/**
 * Keepers of one process. What they say passes through the same JSON, sizes and error bodies as over HTTP.
 * @param answerersAt what the keeper at an endpoint answers; undefined: nobody is there
 */
export const memoryTransport = (answerersAt: (endpoint: string) => readonly PeerAnswerer[] | undefined): PeerTransport => ({
  ask: async <Ask, Answer>(message: PeerMessage<Ask, Answer>, endpoint: string, ask: Ask) => {
    const answerer = answerersAt(endpoint)?.find(({ route }) => route.path === message.route.path);
    if (answerer === undefined) throw new KeyquorumError("UNAVAILABLE", "The keeper does not answer.");
    const asked = JSON.stringify(message.encodeAsk(ask));
    if (asked.length > answerer.maxAskBytes) throw new KeyquorumError("BODY_TOO_LARGE");
    const given = JSON.stringify(await answerer.respond(JSON.parse(asked)).catch(throwSent));
    if (given.length > message.maxAnswerBytes) throw new KeyquorumError("BAD_ANSWER", "The answer is longer than the protocol allows.");
    return message.parseAnswer(JSON.parse(given));
  },
});

/** Throws a refusal as it comes out of its error body. */
const throwSent = (error: unknown): never => {
  throw errorFromBody(parseErrorBody(JSON.parse(JSON.stringify(encodeErrorBody(error).body))));
};
