import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { StillWanted } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { type ErrorCode, KeyquorumError, parseRequestId } from "@keyquorum/wire";
import type { AnswerService } from "../answers/answerService.ts";
import { findPublishedHeader } from "../answers/publishedHeader.ts";
import type { ServedContracts } from "../deployment.ts";
import { knownVetoes } from "../epochs/vetoes.ts";
import type { Logger } from "../logger.ts";
import { ANSWER_ID_PREFIX } from "./answerRequest.ts";
import { findRequested } from "./findRequested.ts";
import { sessionOfReshareDeal } from "./reshareBoard.ts";

/** They say nothing about the permission. */
const UNDECIDED: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "SHUTTING_DOWN"]);

type Options = {
  readonly vault: Pick<Vault, "logs">;
  readonly contracts: ServedContracts;
  readonly service: AnswerService;
  /** Where the operator's vetoes are. */
  readonly dataDirectory: string;
  readonly log: Logger;
};

/**
 * Whether a transaction that was signed earlier may still be sent. An answer may only after a decision of now, stored answers included (D27): it was
 * saved before it was sent, and since then this keeper may have been down for long. A share is dealt into a later epoch only while its operator
 * has not vetoed it (D41). Everything else may.
 */
export const createStillWanted =
  (options: Options) =>
  async (id: string): Promise<StillWanted> => {
    const { vault, contracts, service, log } = options;
    const dealt = sessionOfReshareDeal(id);
    if (dealt !== undefined) return mayStillDeal(options, dealt);
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

/** The delay that the configuration asks for was over when the dealing was made, and time does not go back: only a veto can come after it. */
const mayStillDeal = async ({ vault, contracts, dataDirectory, log }: Options, sid: string): Promise<StillWanted> => {
  const address = contracts.addresses.keyResharing;
  const [requested] = await vault.logs.find({ address, topic0: eventTopic("ReshareRequested"), topic2: sid });
  const event = requested === undefined ? undefined : parseContractLogOf(contracts.deployment, requested, "ReshareRequested");
  if (event === undefined) return "no"; // reorganised away
  const epoch = Number(event.args.epoch);
  const vetoed = await knownVetoes(dataDirectory);
  if (vetoed === undefined) return "later";
  if (!vetoed.includes(epoch)) return "yes";
  log.warn("A dealing that had not got out yet is not sent: its epoch is vetoed now", { sid, epoch });
  return "no";
};
