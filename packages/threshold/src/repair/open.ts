import { backend } from "../backend.ts";
import { assertRecord } from "../bytes.ts";
import { assertSid } from "../dkg/dealing.ts";
import { memberAt } from "../dkg/member.ts";
import { assertKeyOf, encryptedShareAt, type OpenedShare } from "../dkg/open.ts";
import { padOf } from "../dkg/transcript.ts";
import { reduceScalar } from "../scalar.ts";
import { revealNonZero, SecretScalar } from "../secret.ts";
import { isRepairDealingOf, maskPointAt, type RepairDealing } from "./dealing.ts";
import { assertHelpers, type RepairCommittee } from "./session.ts";

/** One helper's dealing as another helper, or itself, sees it. `helper` is who sent it; `encryptionSecret` is the recipient's of the epoch, secret. */
export type RepairShareToOpen = RepairCommittee & {
  readonly sid: Uint8Array;
  readonly helper: number;
  readonly recipient: number;
  readonly encryptionSecret: SecretScalar;
  readonly dealing: RepairDealing;
};

/**
 * Opens r_h(i) and checks it: r_h(i) G = (i - m) sum i^k Q_hk, and the sender knows e. "invalid" names the sender: refuse, do not
 * contribute. PROTOCOL section 3.10. Throws KEY_MISMATCH (the secret is not of this recipient), INVALID_THRESHOLD, INVALID_MEMBERS,
 * INVALID_SLOT, INVALID_BYTES.
 */
export function openRepairShare(input: RepairShareToOpen): OpenedShare {
  const { sid, helper, recipient, encryptionSecret, threshold, helpers, lost, dealing } = input;
  assertSid(sid);
  assertRecord(dealing, "dealing");
  assertHelpers(input);
  memberAt(helpers, helper);
  const { member, index } = memberAt(helpers, recipient);
  const sk = revealNonZero(encryptionSecret, "encryption secret");
  assertKeyOf(member, sk);
  if (dealing.commitments.length !== threshold || !isRepairDealingOf(sid, helper, dealing)) return { kind: "invalid" };
  const pad = padOf(sid, helper, recipient, backend.mulSecret(dealing.ephemeral, sk));
  const share = reduceScalar(encryptedShareAt(dealing, index, helpers.length) - pad);
  const expected = maskPointAt(dealing.commitments, lost, recipient);
  return backend.mulG(share).equals(expected) ? { kind: "valid", share: SecretScalar.from(share) } : { kind: "invalid" };
}
