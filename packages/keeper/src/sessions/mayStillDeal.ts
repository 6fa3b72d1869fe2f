import type { StillWanted } from "@keyquorum/chain";
import type { Core } from "../run/core.ts";
import { type Consent, type ConsentTo, sentenceOf } from "./consent.ts";
import type { EarlierStep } from "./mayStillMove.ts";

/** Reasons to hold a dealing back that do not pass with time. */
const FOR_GOOD: ReadonlySet<(Consent & { readonly kind: "withheld" })["reason"]> = new Set(["VETOED", "THRESHOLD_LOWERED"]);

/**
 * Whether a share that was dealt and not sent yet may still be sent into a later epoch: only with the operator's current consent (D57). Since the dealing
 * was signed the operator may have vetoed its epoch, or configured the keeper differently. Throws ChainUnavailableError.
 */
export const mayStillDeal = async (
  { reader, consentTo, log }: Pick<Core, "reader" | "log"> & { readonly consentTo: ConsentTo },
  { session: { sid, keyId, fromEpoch, epoch, threshold }, heads }: Pick<EarlierStep, "session" | "heads">,
): Promise<StillWanted> => {
  const at = reader.at(heads.head.hash);
  const former = await at.keyEpochOf(keyId, fromEpoch);
  const { status } = await at.reshareOf(sid);
  if (former === undefined || status === "Unknown") return "later"; // the node does not know the session, or its epoch
  if (status !== "Dealing") return "no";
  const consent = await consentTo({ epoch, threshold, formerThreshold: former.threshold }, heads);
  if (consent.kind === "given") return "yes";
  if (!FOR_GOOD.has(consent.reason)) return "later";
  log.warn("A dealing that had not got out yet is not sent", { sid, epoch, reason: consent.reason, why: sentenceOf(consent, epoch) });
  return "no";
};
