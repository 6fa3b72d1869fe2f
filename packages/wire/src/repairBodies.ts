import { CONTRIBUTION_BYTES } from "@keyquorum/threshold";
import { checkSchema } from "./checkSchema.ts";
import { type ErrorCode, KeyquorumError } from "./errorCodes.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";
import { parseRepairId, type RepairId } from "./ids.ts";
import { type Static, Type } from "./jsonSchema.ts";
import { exactly, Hash32Text, hexOf, hexUpTo, SignatureText, Slot } from "./schemas.ts";

// Bodies of a repair between keepers: PROTOCOL section 3.10. Who signed, and whether the dealings are right, is the receiver's to check.

/** t+1 helpers suffice, and 2t+1 keepers are 64 at most. */
export const MAX_REPAIR_HELPERS = 32;
/** The longest dealing: t = 31 and 32 helpers. */
const MAX_DEALING_BYTES = 64 * 31 + 64 + 32 * MAX_REPAIR_HELPERS + 64;

const HelpersBody = Type.Array(Slot, { minItems: 2, maxItems: MAX_REPAIR_HELPERS });
const DealingText = hexUpTo(MAX_DEALING_BYTES);

/** Body of POST /v1/repairs/dealings: who lost its share asks a helper for its dealing. */
export const RepairAskBody = exactly({ repairId: Hash32Text, helpers: HelpersBody, signature: SignatureText });
export type RepairAskBody = Static<typeof RepairAskBody>;

/** Answer: the helper's dealing. Also what a contribution is asked with. */
export const RepairDealingBody = exactly({ slot: Slot, dealing: DealingText, signature: SignatureText });
export type RepairDealingBody = Static<typeof RepairDealingBody>;

/** Body of POST /v1/repairs/contributions: the dealings of all helpers, by ascending slot. */
export const RepairContributionAskBody = exactly({
  repairId: Hash32Text,
  helpers: HelpersBody,
  dealings: Type.Array(RepairDealingBody, { minItems: 2, maxItems: MAX_REPAIR_HELPERS }),
  signature: SignatureText,
});
export type RepairContributionAskBody = Static<typeof RepairContributionAskBody>;

/** Answer: p_i, encrypted to the key of the repair. */
export const RepairContributionBody = exactly({ slot: Slot, contribution: hexOf(CONTRIBUTION_BYTES), signature: SignatureText });
export type RepairContributionBody = Static<typeof RepairContributionBody>;

/** Who asks which helpers. `helpers` ascends. Signatures: 65 bytes, of the identity key of the epoch. */
export type RepairAsk = { readonly repairId: RepairId; readonly helpers: readonly number[]; readonly signature: Uint8Array };
export type SignedRepairDealing = { readonly slot: number; readonly dealing: Uint8Array; readonly signature: Uint8Array };
export type RepairContributionAsk = RepairAsk & { readonly dealings: readonly SignedRepairDealing[] };
export type SignedRepairContribution = { readonly slot: number; readonly contribution: Uint8Array; readonly signature: Uint8Array };

export const encodeRepairAsk = ({ repairId, helpers, signature }: RepairAsk): RepairAskBody => ({
  repairId,
  helpers: [...helpers],
  signature: bytesToHex(signature),
});

/** Throws INVALID_REQUEST. */
export const parseRepairAsk = (value: unknown): RepairAsk => {
  const { repairId, helpers, signature } = checkSchema(RepairAskBody, value, "INVALID_REQUEST");
  assertAscending(helpers, "helpers", "INVALID_REQUEST");
  return { repairId: parseRepairId(repairId), helpers, signature: hexToBytes(signature, 65) };
};

export const encodeRepairDealingBody = ({ slot, dealing, signature }: SignedRepairDealing): RepairDealingBody => ({
  slot,
  dealing: bytesToHex(dealing),
  signature: bytesToHex(signature),
});

/** Throws BAD_ANSWER. */
export const parseRepairDealingBody = (value: unknown): SignedRepairDealing =>
  dealingOf(checkSchema(RepairDealingBody, value, "BAD_ANSWER"));

const dealingOf = ({ slot, dealing, signature }: RepairDealingBody): SignedRepairDealing => ({
  slot,
  dealing: hexToBytes(dealing),
  signature: hexToBytes(signature, 65),
});

export const encodeRepairContributionAsk = (ask: RepairContributionAsk): RepairContributionAskBody => ({
  ...encodeRepairAsk(ask),
  dealings: ask.dealings.map(encodeRepairDealingBody),
});

/** Throws INVALID_REQUEST, also unless the dealings are those of the helpers, in their order. */
export const parseRepairContributionAsk = (value: unknown): RepairContributionAsk => {
  const { dealings, ...ask } = checkSchema(RepairContributionAskBody, value, "INVALID_REQUEST");
  const parsed = parseRepairAsk(ask);
  if (dealings.length !== ask.helpers.length || dealings.some(({ slot }, at) => slot !== ask.helpers[at]))
    throw new KeyquorumError("INVALID_REQUEST", "The dealings are not those of the helpers, in their order.", {
      details: { field: "dealings" },
    });
  return { ...parsed, dealings: dealings.map(dealingOf) };
};

export const encodeRepairContributionBody = ({ slot, contribution, signature }: SignedRepairContribution): RepairContributionBody => ({
  slot,
  contribution: bytesToHex(contribution),
  signature: bytesToHex(signature),
});

/** Throws BAD_ANSWER. */
export const parseRepairContributionBody = (value: unknown): SignedRepairContribution => {
  const { slot, contribution, signature } = checkSchema(RepairContributionBody, value, "BAD_ANSWER");
  return { slot, contribution: hexToBytes(contribution), signature: hexToBytes(signature, 65) };
};

const assertAscending = (slots: readonly number[], field: string, code: ErrorCode): void => {
  if (slots.every((slot, at) => at === 0 || slot > (slots[at - 1] ?? 0))) return;
  throw new KeyquorumError(code, `The field ${field} must name slots in ascending order, each once.`, { details: { field } });
};
