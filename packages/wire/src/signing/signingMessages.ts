import { ErrorBody } from "../errorBody.ts";
import type { PeerMessage } from "../peerMessage.ts";
import {
  encodeNonce,
  encodeNonceAsk,
  encodeShare,
  encodeShareAsk,
  type NonceAsk,
  NonceAskBody,
  NonceBody,
  type NonceMessage,
  parseNonce,
  parseNonceAsk,
  parseShare,
  parseShareAsk,
  type ShareAsk,
  ShareAskBody,
  ShareBody,
  type ShareMessage,
} from "./frostBodies.ts";

/** Largest body of a signing message, in bytes. */
export const MAX_SIGNING_BODY_BYTES = 65_536;

const failures = { "4xx": ErrorBody, "5xx": ErrorBody } as const;
const limits = { maxAskBytes: MAX_SIGNING_BODY_BYTES, maxAnswerBytes: MAX_SIGNING_BODY_BYTES };

/** What a coordinator asks a signer of a Schnorr signature. PROTOCOL section 10.2. */
export const FROST_MESSAGES: {
  readonly nonce: PeerMessage<NonceAsk, NonceMessage>;
  readonly share: PeerMessage<ShareAsk, ShareMessage>;
} = {
  nonce: {
    route: { method: "POST", path: "/v1/signing/nonces", body: NonceAskBody, responses: { 200: NonceBody, ...failures } },
    ...{ ...limits, encodeAsk: encodeNonceAsk, parseAsk: parseNonceAsk, encodeAnswer: encodeNonce, parseAnswer: parseNonce },
  },
  share: {
    route: { method: "POST", path: "/v1/signing/shares", body: ShareAskBody, responses: { 200: ShareBody, ...failures } },
    ...{ ...limits, encodeAsk: encodeShareAsk, parseAsk: parseShareAsk, encodeAnswer: encodeShare, parseAnswer: parseShare },
  },
};
