import type { Heads, StillWanted } from "@keyquorum/chain";
import { parseSessionId } from "@keyquorum/wire";
import type { DealingContract } from "../contracts/dealHash.ts";
import type { Core } from "../run/core.ts";
import { ALWAYS } from "../run/resends.ts";
import type { MayResend } from "../run/story.ts";
import type { ConsentTo } from "./consent.ts";
import { mayStillComplain } from "./mayStillComplain.ts";
import { mayStillDeal } from "./mayStillDeal.ts";
import { type EarlierStep, mayStillMove } from "./mayStillMove.ts";
import { findRequestedSession } from "./sessionEvents.ts";

type Parts = Pick<Core, "reader" | "contracts" | "operators" | "log"> & {
  readonly vault: Pick<Core["vault"], "logs" | "keyShares">;
  /** The newest blocks seen. */
  readonly seen: { readonly now: () => Heads | undefined };
  readonly consentTo: ConsentTo;
};

/**
 * For each kind of transaction of a session, whether one that was signed earlier may still be sent: only while the session is in the mirrored chain
 * and nobody who is to hold a share was removed (D56); a complaint only about a dealing that the contract has now, and a share into a later epoch only
 * with the operator's current consent (D57). That a session failed may always be recorded. The subject begins with the session's id.
 */
export const sessionResends = (parts: Parts): Readonly<Record<string, MayResend>> => {
  const { log } = parts;
  const complain = async (contract: DealingContract, { session: { sid }, ...step }: EarlierStep): Promise<StillWanted> => {
    const may = await mayStillComplain(parts, { contract, sid, ...step });
    if (may === "no") log.warn("A complaint that had not got out yet is not sent: what it rests on is not so now", { sid });
    return may;
  };
  /** @param actsIn whose account of which epoch sends it */
  const step =
    (
      kind: string,
      contract: DealingContract,
      actsIn: "fromEpoch" | "epoch",
      restsOn: (step: EarlierStep) => Promise<StillWanted> = async () => "yes",
    ): MayResend =>
    async (subject, signed) => {
      const heads = parts.seen.now();
      if (heads === undefined) return "later";
      const sid = parseSessionId(subject.split(":")[0]); // behind it an intent of an earlier version names more of what it was
      const session = await findRequestedSession(parts, contract, sid);
      const moves = session === undefined ? "no" : await mayStillMove(parts, { receiving: session.epoch, acting: session[actsIn] }, heads);
      if (moves === "no") log.warn("A transaction is not sent: a keeper of its session was removed, or the session is gone", { kind, sid });
      return session === undefined || moves !== "yes" ? moves : restsOn({ session, signed, heads });
    };
  return {
    deal: step("deal", "keyGeneration", "epoch"),
    complain: step("complain", "keyGeneration", "epoch", (earlier) => complain("keyGeneration", earlier)),
    finalize: step("finalize", "keyGeneration", "epoch"),
    ready: step("ready", "keyGeneration", "epoch"),
    fail: ALWAYS,
    reshareDeal: step("reshareDeal", "keyResharing", "fromEpoch", (earlier) => mayStillDeal(parts, earlier)),
    reshareComplain: step("reshareComplain", "keyResharing", "epoch", (earlier) => complain("keyResharing", earlier)),
    reshareReady: step("reshareReady", "keyResharing", "epoch"),
    reshareFail: ALWAYS,
  };
};
