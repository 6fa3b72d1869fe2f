import { eventTopic, parseContractLogOf } from "@keyquorum/bindings";
import type { Heads, StillWanted } from "@keyquorum/chain";
import { parseKeyId, parseSessionId, type SessionId } from "@keyquorum/wire";
import type { Core } from "../run/core.ts";
import { ALWAYS } from "../run/resends.ts";
import type { MayResend, SignedIntent } from "../run/story.ts";
import { type Consent, type ConsentTo, sentenceOf } from "./consent.ts";
import { mayStillComplain } from "./mayStillComplain.ts";
import { mayStillMove, type SessionTransaction } from "./sessionTransaction.ts";

/** Reasons to hold a dealing back that do not pass with time. */
const FOR_GOOD: ReadonlySet<(Consent & { readonly kind: "withheld" })["reason"]> = new Set(["VETOED", "THRESHOLD_LOWERED"]);

type Options = Pick<Core, "reader" | "contracts" | "operators" | "log"> & {
  readonly vault: Pick<Core["vault"], "logs" | "keyShares">;
  /** The newest blocks seen. */
  readonly seen: { readonly now: () => Heads | undefined };
  readonly consentTo: ConsentTo;
};

/**
 * For each kind of transaction of a session, whether one that was signed earlier may still be sent. A session moves on only while nobody who is to hold
 * a share was removed (D56); a complaint leaves only about a dealing that the contract has now, and a share is dealt into a later epoch only with the
 * operator's consent of now (D57). That a session failed may always be recorded. The subject begins with the session's id.
 */
export const sessionResends = (options: Options): Readonly<Record<string, MayResend>> => {
  const moving =
    (isReshare: boolean, kind: SessionTransaction["kind"]): MayResend =>
    (subject, signed) =>
      mayStillMoveOn(options, { isReshare, kind, sid: sessionIn(subject) }, signed);
  return {
    deal: moving(false, "deal"),
    complain: moving(false, "complain"),
    finalize: moving(false, "finalize"),
    ready: moving(false, "ready"),
    fail: ALWAYS,
    reshareDeal: moving(true, "deal"),
    reshareComplain: moving(true, "complain"),
    reshareReady: moving(true, "ready"),
    reshareFail: ALWAYS,
  };
};

/** Behind the id an intent of an earlier version names more of what it was. */
const sessionIn = (subject: string): SessionId => parseSessionId(subject.split(":")[0]);

/** Not into an epoch that has lost a member since, a share only with the operator's consent, and a complaint only on what is so now. */
const mayStillMoveOn = async (options: Options, transaction: SessionTransaction, signed: SignedIntent): Promise<StillWanted> => {
  const heads = options.seen.now();
  if (heads === undefined) return "later";
  const { kind, sid, isReshare } = transaction;
  const moves = await mayStillMove(options, transaction, heads);
  if (moves === "no")
    options.log.warn("A transaction is not sent: a keeper of its session was removed, or the session is gone", { kind, sid });
  if (moves !== "yes") return moves;
  if (kind === "complain") return mayStillComplainNow(options, { sid, isReshare, signed }, heads);
  return isReshare && kind === "deal" ? mayStillDeal(options, sid, heads) : "yes";
};

const mayStillComplainNow = async (
  options: Options,
  complaint: { readonly sid: SessionId; readonly isReshare: boolean; readonly signed: SignedIntent },
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
