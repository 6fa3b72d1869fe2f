import { ErrorBody } from "../errorBody.ts";
import type { PeerMessage } from "../peerMessage.ts";
import { type Codec, parseBody } from "./bodyCodec.ts";
import { ECDSA_BODIES } from "./ecdsaBodies.ts";

/** Largest body of an ECDSA message, in bytes: 21 deals of 20 parts each. */
export const MAX_ECDSA_BODY_BYTES = 262_144;

const messageOf = <Ask, Answer>(path: string, ask: Codec<Ask>, answer: Codec<Answer>): PeerMessage<Ask, Answer> => ({
  route: {
    ...{ method: "POST", path: `/v1/signing/ecdsa/${path}`, body: ask.schema },
    responses: { 200: answer.schema, "4xx": ErrorBody, "5xx": ErrorBody },
  },
  ...{ maxAskBytes: MAX_ECDSA_BODY_BYTES, maxAnswerBytes: MAX_ECDSA_BODY_BYTES },
  ...{ encodeAsk: ask.encode, encodeAnswer: answer.encode },
  parseAsk: (body) => parseBody(ask, body, "INVALID_REQUEST"),
  parseAnswer: (body) => parseBody(answer, body, "BAD_ANSWER"),
});

const { dealAsk, deal, nonceAsk, nonce, productAsk, product, checkAsk, check } = ECDSA_BODIES;
const { agreementAsk, agreement, shareAsk, share, openingAsk, opening } = ECDSA_BODIES;

/** What a coordinator asks a signer of an ECDSA signature, round by round. PROTOCOL section 11.3. */
export const ECDSA_MESSAGES = {
  deal: messageOf("deals", dealAsk, deal),
  nonce: messageOf("nonces", nonceAsk, nonce),
  product: messageOf("products", productAsk, product),
  check: messageOf("checks", checkAsk, check),
  agree: messageOf("agreements", agreementAsk, agreement),
  share: messageOf("shares", shareAsk, share),
  open: messageOf("openings", openingAsk, opening),
} as const;
