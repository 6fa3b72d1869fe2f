import { ErrorBody } from "./errorBody.ts";
import type { PeerMessage } from "./peerMessage.ts";
import {
  encodeRepairAsk,
  encodeRepairContributionAsk,
  encodeRepairContributionBody,
  encodeRepairDealingBody,
  parseRepairAsk,
  parseRepairContributionAsk,
  parseRepairContributionBody,
  parseRepairDealingBody,
  type RepairAsk,
  RepairAskBody,
  type RepairContributionAsk,
  RepairContributionAskBody,
  RepairContributionBody,
  RepairDealingBody,
  type SignedRepairContribution,
  type SignedRepairDealing,
} from "./repairBodies.ts";
import { MAX_RESPONSE_BODY_BYTES } from "./routes.ts";

/** Largest body of a repair, in bytes: the largest valid one has about 215 000. */
export const MAX_REPAIR_BODY_BYTES = 262_144;

const failures = { "4xx": ErrorBody, "5xx": ErrorBody } as const;

/** What a keeper that lost its share asks a helper. PROTOCOL section 3.10. */
export const REPAIR_MESSAGES: {
  /** For the helper's dealing. */
  readonly dealing: PeerMessage<RepairAsk, SignedRepairDealing>;
  /** It shows the helper the dealings of all, and asks for the helper's contribution. */
  readonly contribution: PeerMessage<RepairContributionAsk, SignedRepairContribution>;
} = {
  dealing: {
    route: { method: "POST", path: "/v1/repairs/dealings", body: RepairAskBody, responses: { 200: RepairDealingBody, ...failures } },
    maxAskBytes: MAX_REPAIR_BODY_BYTES,
    maxAnswerBytes: MAX_RESPONSE_BODY_BYTES,
    encodeAsk: encodeRepairAsk,
    parseAsk: parseRepairAsk,
    encodeAnswer: encodeRepairDealingBody,
    parseAnswer: parseRepairDealingBody,
  },
  contribution: {
    route: {
      method: "POST",
      path: "/v1/repairs/contributions",
      body: RepairContributionAskBody,
      responses: { 200: RepairContributionBody, ...failures },
    },
    maxAskBytes: MAX_REPAIR_BODY_BYTES,
    maxAnswerBytes: MAX_RESPONSE_BODY_BYTES,
    encodeAsk: encodeRepairContributionAsk,
    parseAsk: parseRepairContributionAsk,
    encodeAnswer: encodeRepairContributionBody,
    parseAnswer: parseRepairContributionBody,
  },
};
