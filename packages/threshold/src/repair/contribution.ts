import { backend } from "../backend.ts";
import { assertArray, assertRecord } from "../bytes.ts";
import { drawKey } from "../dkg/deal.ts";
import { assertSid } from "../dkg/dealing.ts";
import { takeWords } from "../dkg/takeWords.ts";
import { padOf } from "../dkg/transcript.ts";
import { ThresholdError } from "../errors.ts";
import { assertPoint, type Point } from "../point.ts";
import { type RandomSource, secureRandom } from "../random.ts";
import { reduceScalar } from "../scalar.ts";
import { assertSecret, revealNonZero, SecretScalar } from "../secret.ts";
import { assertDistinctSlots, assertSlot } from "../slot.ts";
import { encodeWords } from "../words.ts";
import { maskPointAt, type RepairDealing } from "./dealing.ts";
import { assertNoHelper } from "./session.ts";

/** Exact length of a contribution: an ephemeral point and one word. */
export const CONTRIBUTION_BYTES = 96;

/** r_h(i) as helper i opened it from helper h, secret. */
export type MaskShare = { readonly helper: number; readonly share: SecretScalar };

/** What helper i sends m. `share` is s_i and `maskShares` are valid ones from every helper of H, secret; `helperSlots` are H, `readerKey` is X. */
export type ContributionInput = {
  readonly sid: Uint8Array;
  readonly helper: number;
  readonly lost: number;
  readonly helperSlots: readonly number[];
  readonly share: SecretScalar;
  readonly maskShares: readonly MaskShare[];
  readonly readerKey: Point;
};

/**
 * p_i = s_i + sum over H of r_h(i), encrypted to X, as bytes: E (x, y), then p_i + pad. Without every mask it would tell m more than s_m, so
 * it takes exactly those of H, its own among them.
 * PROTOCOL section 3.10. Throws INVALID_MEMBERS (masks of another set), INVALID_SLOT, DUPLICATE_SLOT, INVALID_POINT, INVALID_SCALAR,
 * INVALID_BYTES, INVALID_RANDOM, ERASED_SECRET.
 */
export function createContribution(
  { sid, helper, lost, helperSlots, share, maskShares, readerKey }: ContributionInput,
  random: RandomSource = secureRandom,
): Uint8Array {
  assertSid(sid);
  assertSlot(helper, "helper");
  assertNoHelper(helperSlots, lost);
  assertPoint(readerKey, "reader key");
  assertMasksOf(helperSlots, helper, maskShares);
  assertSecret(share, "share");
  const value = maskShares.reduce((sum, { share: mask }) => reduceScalar(sum + mask.reveal()), share.reveal());
  const ephemeralKey = drawKey(random);
  const pad = padOf(sid, helper, lost, backend.mulSecret(readerKey, ephemeralKey.scalar));
  return encodeWords(ephemeralKey.point, reduceScalar(value + pad));
}

function assertMasksOf(helperSlots: readonly number[], helper: number, maskShares: readonly MaskShare[]): void {
  assertArray(maskShares, "mask shares");
  for (const { share } of maskShares) assertSecret(share, "mask share");
  const senders = maskShares.map((mask) => mask.helper);
  assertDistinctSlots(senders);
  assertDistinctSlots(helperSlots);
  const areSame = senders.length === helperSlots.length && senders.every((slot) => helperSlots.includes(slot));
  if (areSame && senders.length >= 2 && senders.includes(helper)) return;
  throw new ThresholdError("INVALID_MEMBERS", "A contribution takes one mask of every helper, its own among them.", {
    details: { helper, helpers: helperSlots, masks: senders },
  });
}

/** A contribution as m sees it. `secret` is x, `verifyingShare` is S_i by the chain; `dealings` are those of H that the helper was shown. */
export type ContributionToOpen = {
  readonly sid: Uint8Array;
  readonly helper: number;
  readonly lost: number;
  readonly secret: SecretScalar;
  readonly verifyingShare: Point;
  readonly dealings: readonly Pick<RepairDealing, "commitments">[];
  readonly bytes: Uint8Array;
};

/** p_i, secret; or proof for m that helper i sent a wrong one. */
export type OpenedContribution = { readonly kind: "valid"; readonly value: SecretScalar } | { readonly kind: "invalid" };

/**
 * Decrypts p_i and checks p_i G = S_i + sum over H of (i - m) sum i^k Q_hk. "invalid" names the helper, also where the bytes are no
 * contribution at all. PROTOCOL section 3.10. Throws INVALID_SLOT, INVALID_POINT, INVALID_SCALAR, INVALID_BYTES, INVALID_INPUT for wrong own input.
 */
export function openContribution(input: ContributionToOpen): OpenedContribution {
  const { sid, helper, lost, secret, verifyingShare, dealings, bytes } = input;
  assertSid(sid);
  assertSlot(helper, "helper");
  assertNoHelper([helper], lost);
  assertPoint(verifyingShare, "verifying share");
  assertArray(dealings, "dealings");
  for (const dealing of dealings) assertRecord(dealing, "dealing");
  const x = revealNonZero(secret, "reader secret");
  const parsed = parseContribution(bytes);
  if (parsed === undefined) return { kind: "invalid" };
  const value = reduceScalar(parsed.encrypted - padOf(sid, helper, lost, backend.mulSecret(parsed.ephemeral, x)));
  const masks = dealings.map(({ commitments }) => maskPointAt(commitments, lost, helper));
  const expected = masks.reduce((sum, mask) => backend.add(sum, mask), verifyingShare);
  return backend.mulG(value).equals(expected) ? { kind: "valid", value: SecretScalar.from(value) } : { kind: "invalid" };
}

function parseContribution(bytes: Uint8Array): { readonly ephemeral: Point; readonly encrypted: bigint } | undefined {
  try {
    const take = takeWords(bytes, CONTRIBUTION_BYTES, "contribution");
    return { ephemeral: take.point(), encrypted: take.scalar() };
  } catch (error) {
    if (error instanceof ThresholdError) return undefined;
    throw error;
  }
}
