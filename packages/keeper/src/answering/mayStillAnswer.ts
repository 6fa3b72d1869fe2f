import { type ErrorCode, KeyquorumError, parseRequestId } from "@keyquorum/wire";
import type { MirroredRequests } from "../contracts/mirroredRequests.ts";
import type { Core } from "../run/core.ts";
import type { MayResend } from "../run/story.ts";
import type { AnswerService } from "./answerService.ts";

/** They say nothing about the permission. */
const UNDECIDED: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "FINALITY_BROKEN", "SHUTTING_DOWN"]);

/**
 * Whether an answer on chain that was signed earlier may still be sent: only after a decision of now, stored answers included (D27). It was saved before
 * it was sent, and since then this keeper may have been down for long. The subject is the request's id.
 */
export const createMayStillAnswer =
  (
    options: Pick<Core, "log"> & {
      readonly requests: MirroredRequests;
      readonly service: Pick<AnswerService, "decide">;
    },
  ): MayResend =>
  async (subject) => {
    const { requests, service, log } = options;
    const requestId = parseRequestId(subject);
    try {
      const requested = await requests.find({ requestId });
      const header = requested && (await requests.headerOf(requested));
      if (requested === undefined || header === undefined) return "no"; // reorganised away; if it came back, that is other work
      await service.decide({ request: requested.request, header });
      return "yes";
    } catch (error) {
      if (!(error instanceof KeyquorumError)) throw error;
      if (UNDECIDED.has(error.code)) return "later";
      log.warn("An answer that had not got out yet is not sent: the request is refused now", { requestId, code: error.code });
      return "no";
    }
  };
