import type { StillWanted } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { type ErrorCode, KeyquorumError, parseRequestId } from "@keyquorum/wire";
import type { AnswerService } from "../answers/answerService.ts";
import { findPublishedHeader } from "../answers/publishedHeader.ts";
import type { ServedContracts } from "../deployment.ts";
import type { Logger } from "../logger.ts";
import { ANSWER_ID_PREFIX } from "./answerRequest.ts";
import { findRequested } from "./findRequested.ts";

/** They say nothing about the permission. */
const UNDECIDED: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "SHUTTING_DOWN"]);

/**
 * Whether a transaction that was signed earlier may still be sent. An answer may only after a decision of now, stored answers included (D27): it was
 * saved before it was sent, and since then this keeper may have been down for long. Everything else may.
 */
export const createStillWanted =
  ({
    vault,
    contracts,
    service,
    log,
  }: {
    readonly vault: Pick<Vault, "logs">;
    readonly contracts: ServedContracts;
    readonly service: AnswerService;
    readonly log: Logger;
  }) =>
  async (id: string): Promise<StillWanted> => {
    if (!id.startsWith(ANSWER_ID_PREFIX)) return "yes";
    const requestId = parseRequestId(id.slice(ANSWER_ID_PREFIX.length));
    try {
      const requested = await findRequested({ vault, contracts }, { requestId });
      const header =
        requested && (await findPublishedHeader({ vault, contracts }, requested.request.document, requested.request.headerHash));
      if (requested === undefined || header === undefined) return "no"; // reorganised away; if it came back, that is other work
      await service.answer({ request: requested.request, header });
      return "yes";
    } catch (error) {
      if (!(error instanceof KeyquorumError)) throw error;
      if (UNDECIDED.has(error.code)) return "later";
      log.warn("An answer that had not got out yet is not sent: the request is refused now", { requestId, code: error.code });
      return "no";
    }
  };
