import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { Heads, Rpc, StillWanted } from "@keyquorum/chain";
import type { Vault } from "@keyquorum/vault";
import { type Address, type ErrorCode, KeyquorumError, parseKeyId, parseRequestId, type SessionId } from "@keyquorum/wire";
import { ANSWER_ID_PREFIX } from "../answering/answerCall.ts";
import type { AnswerService } from "../answering/answerService.ts";
import { mayStillChallenge, parseChallengeTransaction } from "../answering/challengeTransaction.ts";
import type { ChainReader } from "../contracts/chainReader.ts";
import type { ServedContracts } from "../contracts/deployment.ts";
import { findRequested } from "../contracts/findRequested.ts";
import { findPublishedHeader } from "../contracts/publishedHeader.ts";
import type { Logger } from "../report/logger.ts";
import { type Consent, type ConsentTo, sentenceOf } from "../sessions/consent.ts";
import { mayStillComplain } from "../sessions/mayStillComplain.ts";
import { mayStillMove, parseSessionTransaction, type SessionTransaction } from "../sessions/sessionTransaction.ts";

/** They say nothing about the permission. */
const UNDECIDED: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "FINALITY_BROKEN", "SHUTTING_DOWN"]);

/** Reasons to hold a dealing back that do not pass with time. */
const FOR_GOOD: ReadonlySet<(Consent & { readonly kind: "withheld" })["reason"]> = new Set(["VETOED", "THRESHOLD_LOWERED"]);

type Options = {
  readonly vault: Pick<Vault, "logs" | "outbox" | "keyShares" | "challenges">;
  readonly rpc: Rpc;
  readonly operator: Address;
  readonly contracts: ServedContracts;
  readonly service: AnswerService;
  readonly reader: ChainReader;
  readonly consentTo: ConsentTo;
  readonly operators: readonly Address[];
  /** The newest blocks seen; undefined before the first. */
  readonly heads: () => Heads | undefined;
  readonly log: Logger;
};

/**
 * Whether a transaction that was signed earlier may still be sent. An answer may only after a decision of now, stored answers included (D27): it was
 * saved before it was sent, and since then this keeper may have been down for long. A session moves on only while nobody who is to hold a share was
 * removed (D56); a complaint leaves only about a dealing that the contract has now, and a share is dealt into a later epoch only with the operator's
 * consent of now (D57); a challenge while the contract would take it (D63). Everything else may.
 */
export const createStillWanted =
  (options: Options) =>
  async (id: string): Promise<StillWanted> => {
    const { vault, contracts, service, log } = options;
    const transaction = parseSessionTransaction(id);
    if (transaction !== undefined) return mayStillMoveOn(options, id, transaction);
    const challenge = parseChallengeTransaction(id);
    if (challenge !== undefined) return mayStillChallenge(options, challenge);
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

/** Not into an epoch that has lost a member since, a share only with the operator's consent, and a complaint only on what is so now. */
const mayStillMoveOn = async (options: Options, id: string, transaction: SessionTransaction): Promise<StillWanted> => {
  const heads = options.heads();
  if (heads === undefined) return "later";
  const { kind, sid, isReshare } = transaction;
  const moves = await mayStillMove(options, transaction, heads);
  if (moves === "no")
    options.log.warn("A transaction is not sent: a keeper of its session was removed, or the session is gone", { kind, sid });
  if (moves !== "yes") return moves;
  if (kind === "complain") return mayStillComplainNow(options, { id, sid, isReshare }, heads);
  return isReshare && kind === "deal" ? mayStillDeal(options, sid, heads) : "yes";
};

const mayStillComplainNow = async (
  options: Options,
  complaint: { readonly id: string; readonly sid: SessionId; readonly isReshare: boolean },
  heads: Heads,
): Promise<StillWanted> => {
  const may = await mayStillComplain(options, complaint, heads);
  if (may === "no")
    options.log.warn("A complaint that had not got out yet is not sent: what it rests on is not so now", { sid: complaint.sid });
  return may;
};

/** Only with the consent of now: since the dealing was signed the operator may have vetoed its epoch, or configured the keeper anew. */
const mayStillDeal = async (options: Options, sid: SessionId, heads: Heads): Promise<StillWanted> => {
  const { vault, contracts, reader, consentTo, log } = options;
  const address = contracts.addresses.keyResharing;
  const [requested] = await vault.logs.find({ address, topic0: eventTopic("ReshareRequested"), topic2: sid });
  const event = requested === undefined ? undefined : parseContractLogOf(contracts.deployment, requested, "ReshareRequested");
  if (event === undefined) return "no"; // reorganised away
  const [epoch, threshold] = [Number(event.args.epoch), Number(event.args.threshold)];
  const former = await reader.at(heads.head.hash).keyEpochOf(parseKeyId(event.args.keyId), Number(event.args.fromEpoch));
  const { status } = await reader.at(heads.head.hash).reshareOf(sid);
  if (former === undefined || status === "Unknown") return "later"; // the node does not know the session, or its epoch
  if (status !== "Dealing") return "no";
  const consent = await consentTo({ epoch, threshold, formerThreshold: former.threshold }, heads);
  if (consent.kind === "given") return "yes";
  if (!FOR_GOOD.has(consent.reason)) return "later";
  log.warn("A dealing that had not got out yet is not sent", { sid, epoch, reason: consent.reason, why: sentenceOf(consent, epoch) });
  return "no";
};
