import {
  createContribution,
  createRepairDealing,
  type DkgMember,
  type HedgedRandom,
  keccakWords,
  type OpenedContribution,
  openContribution,
  openRepairShare,
  type Point,
  parseRepairDealing,
  repairRandomOf,
  type SecretScalar,
  ThresholdError,
} from "@keyquorum/threshold";
import { keccak_256 } from "@noble/hashes/sha3.js";

/** A repair by one set of helpers. `sid`: 32 bytes, the session of this repair and these helpers; `lost`: the slot whose share is missing. */
type RepairParty = {
  readonly sid: Uint8Array;
  readonly helpers: readonly DkgMember[];
  readonly lost: number;
  readonly ownSlot: number;
  readonly threshold: number;
  /** This helper's of the epoch, secret. */
  readonly encryptionSecret: SecretScalar;
};

export type RepairDealingTask = RepairParty;
/** `share` is secret. */
export type RepairContributionTask = RepairParty & {
  readonly readerKey: Point;
  readonly share: SecretScalar;
  readonly dealings: readonly { readonly slot: number; readonly dealing: Uint8Array }[];
};
/** A contribution, or which dealing is to blame for there being none. */
export type RepairContributionOutcome =
  | { readonly kind: "made"; readonly contribution: Uint8Array }
  | { readonly kind: "bad"; readonly slot: number; readonly why: "wrong" | "malformed" };

/** A contribution as it came. `secret` is the discrete logarithm of X. */
export type RepairOpeningTask = {
  readonly sid: Uint8Array;
  readonly helper: number;
  readonly lost: number;
  readonly threshold: number;
  readonly secret: SecretScalar;
  readonly verifyingShare: Point;
  /** Those that the helper was shown, parsed before without a fault. */
  readonly dealings: readonly Uint8Array[];
  readonly contribution: Uint8Array;
};
/** The value is secret, the receiver's to erase. */
export type RepairOpening = OpenedContribution;

/** A helper's dealing. The same question gives the same bytes. */
export const dealForRepair = (task: RepairDealingTask): Uint8Array => {
  const { sid, helpers, lost, ownSlot: helper, threshold } = task;
  const random = randomOf(task, { use: "dealing" });
  return createRepairDealing({ sid, helper, helpers, lost, threshold }, random);
};

/** A helper's contribution, to the dealings of all. The same question gives the same bytes. What is opened on the way is erased. */
export const contributeToRepair = (task: RepairContributionTask): RepairContributionOutcome => {
  const masks = openMasks(task);
  if (masks.kind === "bad") return masks;
  const { sid, helpers, lost, ownSlot: helper, share, readerKey } = task;
  const { maskShares } = masks;
  try {
    const statement = keccakWords(...task.dealings.map(({ dealing }) => keccak_256(dealing)));
    const random = randomOf(task, { use: "contribution", statement });
    const helperSlots = helpers.map(({ slot }) => slot);
    const contribution = createContribution({ sid, helper, lost, helperSlots, share, maskShares, readerKey }, random);
    return { kind: "made", contribution };
  } finally {
    for (const mask of maskShares) mask.share.erase();
  }
};

/** Opens a contribution and checks it against the helper's verifying share. */
export const openRepairContribution = ({
  sid,
  helper,
  lost,
  threshold,
  secret,
  verifyingShare,
  ...task
}: RepairOpeningTask): RepairOpening => {
  const dealings = task.dealings.map((bytes) => parseRepairDealing(bytes, { threshold, helpers: task.dealings.length }));
  return openContribution({ sid, helper, lost, secret, verifyingShare, dealings, bytes: task.contribution });
};

/**
 * From the epoch's encryption secret, which is erased with the epoch: masks that could be made again later would show the shares that they hid, to
 * whoever kept what a repair gave it (attack 15).
 */
const randomOf = (
  { encryptionSecret, sid }: RepairParty,
  about: Omit<Parameters<typeof repairRandomOf>[0], "secret" | "sid">,
): HedgedRandom => {
  const secret = encryptionSecret.toBytes();
  try {
    return repairRandomOf({ ...about, sid, secret });
  } finally {
    secret.fill(0);
  }
};

type OpenedMasks =
  | { readonly kind: "opened"; readonly maskShares: readonly { readonly helper: number; readonly share: SecretScalar }[] }
  | Extract<RepairContributionOutcome, { readonly kind: "bad" }>;

/** Opens every helper's mask, this keeper's own among them; or names who sent a wrong one, with what was opened erased. */
const openMasks = ({
  sid,
  threshold,
  helpers,
  lost,
  ownSlot: recipient,
  encryptionSecret,
  dealings,
}: RepairContributionTask): OpenedMasks => {
  const maskShares: { readonly helper: number; readonly share: SecretScalar }[] = [];
  const dropAll = (): void => {
    for (const { share } of maskShares) share.erase();
  };
  for (const { slot: helper, dealing: bytes } of dealings) {
    try {
      const dealing = parseRepairDealing(bytes, { threshold, helpers: helpers.length });
      const result = openRepairShare({ sid, threshold, helpers, lost, helper, recipient, encryptionSecret, dealing });
      if (result.kind === "valid") maskShares.push({ helper, share: result.share });
      else {
        dropAll();
        return { kind: "bad", slot: helper, why: "wrong" };
      }
    } catch (error) {
      dropAll();
      if (error instanceof ThresholdError && error.code !== "KEY_MISMATCH") return { kind: "bad", slot: helper, why: "malformed" };
      throw error;
    }
  }
  return { kind: "opened", maskShares };
};
