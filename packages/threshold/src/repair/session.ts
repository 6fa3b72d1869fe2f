import { utf8ToBytes } from "@noble/hashes/utils.js";
import { assertBytes } from "../bytes.ts";
import { assertAscending, type DkgMember } from "../dkg/member.ts";
import { DOMAINS } from "../domains.ts";
import { ThresholdError } from "../errors.ts";
import { keyedStream } from "../keyedStream.ts";
import type { HedgedRandom } from "../nonceSource.ts";
import { assertDistinctSlots, assertSlot, MAX_MEMBERS } from "../slot.ts";
import { keccakWords } from "../words.ts";

/** sid = keccak(REPAIR_SESSION, repairId, bitmap of H): one repair by one set of helpers. 32 bytes, public. PROTOCOL section 3.10. Throws INVALID_BYTES, INVALID_SLOT, DUPLICATE_SLOT. */
export function repairSessionOf(repairId: Uint8Array, helperSlots: readonly number[]): Uint8Array {
  assertBytes(repairId, 32, "repair id");
  assertDistinctSlots(helperSlots);
  const bitmap = helperSlots.reduce((bits, slot) => bits | (1n << BigInt(slot)), 0n);
  return keccakWords(DOMAINS.repairSession, repairId, bitmap);
}

/** t of the epoch in which the share was lost, H with their keys of that epoch by ascending slot, and the slot m whose share is lost. All public. */
export type RepairCommittee = { readonly threshold: number; readonly helpers: readonly DkgMember[]; readonly lost: number };

/** Throws INVALID_THRESHOLD, INVALID_MEMBERS, INVALID_SLOT, INVALID_POINT unless t+1 or more helpers, m not among them, can help. PROTOCOL section 3.10. */
export function assertHelpers({ threshold, helpers, lost }: RepairCommittee): void {
  assertHelperCount(threshold, Array.isArray(helpers) ? helpers.length : 0);
  assertAscending(helpers);
  assertNoHelper(
    helpers.map(({ slot }) => slot),
    lost,
  );
}

/** Throws INVALID_THRESHOLD unless 1 <= t and t+1 <= count < 64. */
export function assertHelperCount(threshold: number, count: number): void {
  const fits = Number.isSafeInteger(threshold) && threshold >= 1 && count >= threshold + 1 && count < MAX_MEMBERS;
  if (!fits)
    throw new ThresholdError("INVALID_THRESHOLD", "A repair needs t+1 helpers, and t is at least 1.", {
      details: { threshold: String(threshold), helpers: count },
    });
}

/** Throws INVALID_SLOT where m is among the helpers: every mask is 0 at m, so its contribution would be its share itself. */
export function assertNoHelper(helperSlots: readonly number[], lost: number): void {
  assertSlot(lost, "lost");
  if (helperSlots.includes(lost))
    throw new ThresholdError("INVALID_SLOT", "The keeper that lost its share cannot help to repair it.", { details: { lost } });
}

/**
 * A helper's randomness for one session, derived only from its own secret, `sid` and the statement: a repeated question gets the same bytes, and
 * a restart loses nothing. `secret` is the helper's encryption secret of the epoch, 32 bytes: it survives a restart and is erased with the
 * epoch's shares, which these bytes hide. The two uses give independent bytes, and so do two sets of dealings to contribute to (`statement`).
 * For the same bytes again, call this again: a source that was used continues. PROTOCOL sections 1.5 and 3.10. Throws INVALID_BYTES.
 */
export function repairRandomOf({
  secret,
  sid,
  use,
  statement = new Uint8Array(0),
}: {
  readonly secret: Uint8Array;
  readonly sid: Uint8Array;
  readonly use: "dealing" | "contribution";
  readonly statement?: Uint8Array;
}): HedgedRandom {
  assertBytes(secret, 32, "helper's secret");
  assertBytes(sid, 32, "session id");
  return keyedStream(secret, [utf8ToBytes(`repair-${use}`), sid, statement]) as HedgedRandom; // true: a secret key, and every use its own
}
