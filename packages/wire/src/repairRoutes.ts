import { ErrorBody } from "./errorBody.ts";
import { RepairAskBody, RepairContributionAskBody, RepairContributionBody, RepairDealingBody } from "./repairBodies.ts";

/** Largest body of a repair, in bytes: the largest valid one has about 215 000. */
export const MAX_REPAIR_BODY_BYTES = 262_144;

const failures = { "4xx": ErrorBody, "5xx": ErrorBody } as const;

/** What keepers ask each other by HTTP, as data. Apart from ROUTES: readers need none of it. PROTOCOL section 3.10. */
export const REPAIR_ROUTES = {
  /** A keeper that lost its share asks a helper for its dealing. */
  postDealing: {
    method: "POST",
    path: "/v1/repairs/dealings",
    body: RepairAskBody,
    responses: { 200: RepairDealingBody, ...failures },
  },
  /** It shows the helper the dealings of all, and asks for the helper's contribution. */
  postContribution: {
    method: "POST",
    path: "/v1/repairs/contributions",
    body: RepairContributionAskBody,
    responses: { 200: RepairContributionBody, ...failures },
  },
} as const;
