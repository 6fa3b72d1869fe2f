import { drawKey, encryptValues } from "../dkg/deal.ts";
import { assertSid } from "../dkg/dealing.ts";
import { memberAt } from "../dkg/member.ts";
import { dealingMessage } from "../dkg/transcript.ts";
import { evaluatePolynomial } from "../polynomial.ts";
import type { RandomSource } from "../random.ts";
import { reduceScalar } from "../scalar.ts";
import { provePossession } from "../schnorr.ts";
import { SecretScalar } from "../secret.ts";
import { encodeRepairDealing } from "./dealing.ts";
import { assertHelpers, type RepairCommittee } from "./session.ts";

/** What a helper needs. `helper` is its own slot, one of `helpers`. All public. */
export type RepairDealingInput = RepairCommittee & { readonly sid: Uint8Array; readonly helper: number };

/**
 * A helper's mask r_h(x) = (x - m) q_h(x), as bytes for all helpers. q_h has t random coefficients (t = 1: a constant). The helper keeps
 * nothing: it opens its own part like every helper. Give it `repairRandomOf(...)`, so that a repeated question gets the same mask.
 * PROTOCOL section 3.10. Throws INVALID_BYTES, INVALID_SLOT, INVALID_MEMBERS, INVALID_POINT, INVALID_THRESHOLD, INVALID_RANDOM.
 */
export function createRepairDealing(input: RepairDealingInput, random: RandomSource): Uint8Array {
  const { sid, helper, lost, threshold, helpers } = input;
  assertSid(sid);
  assertHelpers(input);
  memberAt(helpers, helper);
  const drawn = Array.from({ length: threshold }, () => drawKey(random));
  const ephemeralKey = drawKey(random);
  const commitments = drawn.map(({ point }) => point);
  const ephemeral = ephemeralKey.point;
  const coefficients = drawn.map(({ scalar }) => scalar);
  const maskAt = (x: bigint): bigint => reduceScalar((x - BigInt(lost)) * evaluatePolynomial(coefficients, x));
  const encryptedShares = encryptValues({ sid, dealer: helper, ephemeralKey, recipients: helpers }, maskAt);
  const message = dealingMessage(sid, helper, commitments, ephemeral);
  const possessionOfEphemeral = provePossession(SecretScalar.from(ephemeralKey.scalar), message, random);
  return encodeRepairDealing({ commitments, ephemeral, encryptedShares, possessionOfEphemeral });
}
