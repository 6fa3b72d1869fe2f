import type { HttpRoute } from "@keyquorum/http";
import {
  encodeRepairContributionBody,
  encodeRepairDealingBody,
  MAX_REPAIR_BODY_BYTES,
  parseRepairAsk,
  parseRepairContributionAsk,
  REPAIR_ROUTES,
} from "@keyquorum/wire";
import type { RepairHelp } from "./helpRepair.ts";

/** POST /v1/repairs/dealings and POST /v1/repairs/contributions: another keeper lost its share and asks for help. PROTOCOL section 3.10. */
export const repairRoutes =
  ({
    help,
    assertServing,
    within = (work) => work(),
  }: {
    readonly help: RepairHelp;
    readonly assertServing: () => void;
    /** Bounds the work of one request. Default: nothing does. */
    readonly within?: <Result>(work: () => Promise<Result>) => Promise<Result>;
  }): HttpRoute =>
  (server) => {
    const { postDealing, postContribution } = REPAIR_ROUTES;
    const bodyLimit = MAX_REPAIR_BODY_BYTES;
    server.post(postDealing.path, { bodyLimit, schema: { body: postDealing.body } }, async (request, reply) => {
      assertServing();
      return reply.send(encodeRepairDealingBody(await within(() => help.deal(parseRepairAsk(request.body)))));
    });
    server.post(postContribution.path, { bodyLimit, schema: { body: postContribution.body } }, async (request, reply) => {
      assertServing();
      return reply.send(encodeRepairContributionBody(await within(() => help.contribute(parseRepairContributionAsk(request.body)))));
    });
  };
