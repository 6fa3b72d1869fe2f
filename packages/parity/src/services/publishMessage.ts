import {
  bytesToHex,
  checkSchema,
  ErrorBody,
  exactly,
  hexToBytes,
  type PeerMessage,
  SignatureText,
  type Static,
  Type,
} from "@keyquorum/wire";
import { ContributionBody, encodeContribution, MOST_MEMBERS, parseContribution, SlotSignatureBody } from "../proofs/bodyParts.ts";
import { encodeSlotSignature, parseSlotSignature, type SlotSignature } from "../records/slotSignature.ts";
import type { ContributeAsk, HeldContribution } from "../retrieval/messages.ts";
import { encodeRequestAsk, parseRequestAsk, RequestAskBody } from "../retrieval/peerMessages.ts";

/**
 * A whole reading for a service contract: what its holders were asked, and what each gave. Who carries it may be another one than who signed it.
 * `signature`: of the coordinator, which is who asked.
 */
export type PublishAsk = {
  readonly asked: ContributeAsk;
  readonly contributions: readonly HeldContribution[];
  readonly signature: Uint8Array;
};

export const PublishBody = exactly({
  asked: RequestAskBody,
  contributions: Type.Array(ContributionBody, { minItems: 1, maxItems: MOST_MEMBERS }),
  signature: SignatureText,
});
/** 64 parts of a thousand characters, and a certificate. */
const MAX_ASK_BYTES = 131_072;

export const encodePublishAsk = ({ asked, contributions, signature }: PublishAsk): Static<typeof PublishBody> => ({
  ...{ asked: encodeRequestAsk(asked), contributions: contributions.map(encodeContribution), signature: bytesToHex(signature) },
});

/** Throws KeyquorumError INVALID_REQUEST, BAD_ANSWER. */
export const parsePublishAsk = (body: unknown): PublishAsk => {
  const { asked, contributions, signature } = checkSchema(PublishBody, body, "INVALID_REQUEST");
  return {
    ...{ asked: parseRequestAsk(asked), contributions: contributions.map(parseContribution), signature: hexToBytes(signature, 65) },
  };
};

/** For a holder's word that it will post its part. PROTOCOL section 8.8. */
export const PUBLISH: PeerMessage<PublishAsk, SlotSignature> = {
  route: {
    method: "POST",
    path: "/v1/peers/document-keys/publish",
    body: PublishBody,
    responses: { 200: SlotSignatureBody, "4xx": ErrorBody, "5xx": ErrorBody },
  },
  ...{ maxAskBytes: MAX_ASK_BYTES, maxAnswerBytes: 1_024 },
  encodeAsk: encodePublishAsk,
  parseAsk: parsePublishAsk,
  encodeAnswer: encodeSlotSignature,
  parseAnswer: (body) => parseSlotSignature(checkSchema(SlotSignatureBody, body, "BAD_ANSWER")),
};
