import type { Heads } from "@keyquorum/chain";
import { slotsOf } from "@keyquorum/wire";
import type { ReshareFacts } from "../contracts/reshareFacts.ts";
import { wereSeenPosted } from "../membership/postedKeys.ts";
import { describeError } from "../report/describeError.ts";
import type { Core } from "../run/core.ts";
import { KeeperError } from "../run/errors.ts";
import { sayOnce } from "../run/sayOnce.ts";
import { isDamagedShare } from "../shares/damagedShare.ts";
import type { KeyMaterial } from "../shares/keyMaterial.ts";
import type { KeyMaterials } from "../shares/keyMaterials.ts";
import { type Consent, type ConsentTo, sentenceOf } from "./consent.ts";
import type { SessionSeen } from "./sessionLoop.ts";

/** What an old member needs to deal its share. `consent` undefined: it is not asked to deal now. `material` is secret. */
export type ReshareDealer = { readonly consent: Consent | undefined; readonly material: KeyMaterial | undefined };

type Parts = Pick<Core, "vault" | "contracts" | "log"> & {
  readonly materials: Pick<KeyMaterials, "load">;
  readonly consentTo: ConsentTo;
};

/** Whether the operator consents now, as of the blocks that were seen. Throws ChainUnavailableError. */
export const askConsent = (
  { consentTo }: Pick<Parts, "consentTo">,
  { facts: { epoch, threshold, quorum }, heads }: Pick<SessionSeen<ReshareFacts>, "facts" | "heads">,
): Promise<Consent> => consentTo({ epoch, threshold, formerThreshold: quorum - 1 }, heads);

/**
 * Looks whether this keeper is asked to deal now, may, and can, in this order; says once why not. The share is read only when everything before it
 * holds: the operator consents, and the new members' keys are those that this keeper saw posted (D57). Throws ChainUnavailableError.
 */
export const readDealer = async (parts: Parts, seen: SessionSeen<ReshareFacts>): Promise<ReshareDealer> => {
  const { facts, members, slot, heads, said } = seen;
  const { keyId, fromEpoch, epoch, status } = facts;
  if (status !== "Dealing" || !slotsOf(facts.dealers).includes(slot) || slotsOf(facts.dealt).includes(slot))
    return { consent: undefined, material: undefined };
  const consent = await askConsent(parts, seen);
  if (consent.kind === "withheld") {
    const data = { keyId, fromEpoch, epoch, reason: consent.reason, why: sentenceOf(consent, epoch) };
    sayOnce(said, `withheld:${consent.reason}`, () => parts.log.warn("This keeper does not deal its share into an epoch", data));
    return { consent, material: undefined };
  }
  if (epoch <= fromEpoch || !(await wereSeenPosted(parts, { epoch, members }))) {
    sayOnce(said, "unseen-keys", () =>
      parts.log.warn(
        "This keeper deals no share into an epoch that is not later than the key's, or whose members' encryption keys it has not seen posted. This ends when its mirror has caught up; check the RPC if it does not",
        { keyId, fromEpoch, epoch },
      ),
    );
    return { consent, material: undefined };
  }
  return { consent, material: await readOldShare(parts, { keyId, fromEpoch }, heads, said) };
};

/** This keeper's share in the old epoch, secret; undefined where it is lost or damaged: the keeper may still take its new one. */
const readOldShare = async (
  { materials, log }: Parts,
  { keyId, fromEpoch }: Pick<ReshareFacts, "keyId" | "fromEpoch">,
  { head, final }: Heads,
  said: Set<string>,
): Promise<KeyMaterial | undefined> => {
  try {
    // The head suffices where the key has only just become active in the old epoch: dealing acts at the head (D21).
    const material = (await materials.load(keyId, fromEpoch, final)) ?? (await materials.load(keyId, fromEpoch, head));
    if (material === undefined)
      sayOnce(said, "no-share", () => log.warn("This keeper has no share to deal: it was lost", { keyId, fromEpoch }));
    return material;
  } catch (error) {
    if (!(error instanceof KeeperError) && !isDamagedShare(error)) throw error;
    sayOnce(said, "bad-share", () => log.error("This keeper's share cannot be dealt", { keyId, fromEpoch, ...describeError(error) }));
    return undefined;
  }
};
